"""moto as a second opinion: resolve, mint, history, export and a no-op apply on an AWS that nobody here wrote, so that
the sandbox is never its own judge."""

import itertools

import pytest
import yaml
from support import Calls, Project, wait_for

PARAMETER = "/golden/eks/1.34/x86_64"
KUBERNETES = "1.34"

# Where moto is not like AWS. Each is shown by a test below, so that a moto that has learned it is noticed.
DEVIATIONS = {
    "no public EKS parameters": "so the fleet uses a parameter of its own",
    "SourceVersion is ignored": "which changes nothing here: a version is always minted whole",
    "CreateLaunchTemplate puts the template's own tags into the data of version 1": (
        "so version 1 equals nothing that is rendered, and the template exists here before nodemint comes"
    ),
    "DescribeLaunchTemplates shows the tags that a template was made with, and none that it got later": (
        "so what was taken over looks like nobody's again, and each change needs --adopt"
    ),
    "a group on an image of one's own is AL2_x86_64, where EKS says CUSTOM": "so it is made again as CUSTOM",
    "a group has t3.medium, where EKS shows no type if the launch template names one": "so it cannot be rolled here",
    "no UpdateNodegroupVersion": "nor could it otherwise",
    "no ListUpdates": "so which update a group is in cannot be asked for",
    "no DeleteLaunchTemplateVersions": "so pruning ends there, and says what it left (test_prune.py)",
    "CreateTags does not reach launch templates": "so a template is tagged when it is made",
}

numbers = itertools.count(1)


@pytest.fixture
def fleet(tmp_path, moto):
    """A cluster in moto, and a spec for it. Every test has names of its own: moto's server is shared."""
    name = f"moto-{next(numbers)}"
    ec2, eks, ssm = moto.client("ec2"), moto.client("eks"), moto.client("ssm")
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"][:2]]
    role = f"arn:aws:iam::{moto.client('sts').get_caller_identity()['Account']}:role/{name}-node"
    eks.create_cluster(name=name, version=KUBERNETES, roleArn=role, resourcesVpcConfig={"subnetIds": subnets})
    wait_for("the cluster", lambda: eks.describe_cluster(name=name)["cluster"]["status"] == "ACTIVE")
    image = next(
        image for image in ec2.describe_images(Owners=["amazon"])["Images"]
        if image["Architecture"] == "x86_64" and image.get("RootDeviceName") and image.get("Platform") != "windows"
    )  # fmt: skip
    ssm.put_parameter(Name=PARAMETER, Value=image["ImageId"], Type="String", Overwrite=True)

    ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData={"InstanceType": "t3.small"})

    (tmp_path / "moto").mkdir()
    project = Project(tmp_path / "moto", ["--endpoint-url", moto.url])
    project.name, project.aws, project.image = name, moto, image
    project.calls = Calls(tmp_path / "none")
    project.spec.write_text(yaml.safe_dump(spec(name, role, subnets), sort_keys=False))
    project.lock.unlink()
    return project


def spec(name, role, subnets):
    return {
        "apiVersion": "nodemint.dev/v1alpha1",
        "kind": "Fleet",
        "metadata": {"name": name},
        "clusters": [
            # moto gives a cluster no service CIDR.
            {"name": name, "region": "us-east-1", "serviceCidr": "10.100.0.0/16"}
        ],
        "launchTemplates": [
            {
                "name": name,
                "family": "AL2023",
                "arch": "x86_64",
                "ami": {"ssmParameter": "/golden/eks/{{kubernetesVersion}}/{{arch}}", "pinnedBy": "launchTemplate"},
                "instanceType": "m5.large",
                "tags": {"Name": f"{name}-node"},
                "userData": {"preBootstrap": [{"file": "userdata/10-sysctl.sh"}]},
            }
        ],
        "nodeGroups": [
            {
                "name": "mng-1",
                "cluster": name,
                "launchTemplate": name,
                "nodeRole": role,
                "subnets": subnets,
                "scaling": {"min": 1, "max": 3, "desired": 2},
                "labels": {"role": "worker"},
            }
        ],
    }


def as_custom(fleet):
    """The group as EKS would show it: the same, and CUSTOM."""
    eks, group = fleet.aws.client("eks"), {"clusterName": fleet.name, "nodegroupName": "mng-1"}
    made = eks.describe_nodegroup(**group)["nodegroup"]
    eks.delete_nodegroup(**group)
    kept = ("subnets", "nodeRole", "labels", "scalingConfig", "capacityType", "tags", "updateConfig")
    template = {key: made["launchTemplate"][key] for key in ("id", "version")}
    more = {key: made[key] for key in kept if made.get(key)}
    eks.create_nodegroup(**group, **more, launchTemplate=template, amiType="CUSTOM")
    wait_for("the group", lambda: eks.describe_nodegroup(**group)["nodegroup"]["status"] == "ACTIVE")


def versions(fleet):
    """Those that are not somebody else's first one."""
    answer = fleet.aws.client("ec2").describe_launch_template_versions(LaunchTemplateName=fleet.name)
    found = {version["VersionNumber"]: version for version in answer["LaunchTemplateVersions"]}
    assert found.pop(1)["LaunchTemplateData"] == {"InstanceType": "t3.small"}
    return found


def apply(fleet):
    """The first one, which takes the launch template over."""
    fleet.run("apply", "--yes", "--adopt", "--poll-interval", "0.1")


def test_resolve_mint_history_export_and_nothing_left(fleet):
    fleet.run("resolve")
    lock = fleet.lock.read_text()
    assert fleet.image["ImageId"] in lock and PARAMETER in lock
    # Somebody else made the launch template.
    assert "it is nobody's" in fleet.run("plan", code=4).out
    planned = fleet.run("plan", "--adopt", "--detailed-exitcode", code=2)
    assert "gets version 2" in planned.out and "is created on" in planned.out
    apply(fleet)

    group = fleet.aws.client("eks").describe_nodegroup(clusterName=fleet.name, nodegroupName="mng-1")["nodegroup"]
    assert group["status"] == "ACTIVE"
    assert group["launchTemplate"]["version"] == "2"
    (data,) = [version["LaunchTemplateData"] for version in versions(fleet).values()]
    assert (data["ImageId"], data["InstanceType"]) == (fleet.image["ImageId"], "m5.large")

    as_custom(fleet)
    # Nothing is left to do, and doing it mints nothing.
    fleet.run("plan", "--detailed-exitcode", code=0)
    fleet.run("apply", "--yes", code=0)
    assert list(versions(fleet)) == [2]

    (history,) = fleet.json("history", fleet.name)["launchTemplates"]
    assert [version["version"] for version in history["versions"]] == [2, 1]
    assert history["versions"][0]["usedBy"] == [f"{fleet.name}/mng-1"]

    out = fleet.folder / "exported"
    fleet.run("export", fleet.name, "--out", out)
    exported = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert any(b"m5.large" in content for content in exported.values())
    assert any(b"10-sysctl" in content or b"#!" in content for content in exported.values()), "user data is decoded"
    fleet.run("export", fleet.name, "--out", out)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == exported


def test_a_second_version_is_minted_whole_and_once(fleet):
    """Without a node group, since moto rolls none."""
    document = yaml.safe_load(fleet.spec.read_text())
    document["launchTemplates"][0]["clusters"] = [fleet.name]
    document["nodeGroups"] = []
    fleet.spec.write_text(yaml.safe_dump(document, sort_keys=False))
    fleet.run("resolve")
    apply(fleet)
    fleet.edit("instanceType: m5.large", "instanceType: m5.2xlarge")
    apply(fleet)
    fleet.run("plan", "--detailed-exitcode", code=0)
    found = {number: version["LaunchTemplateData"] for number, version in versions(fleet).items()}
    assert {number: data["InstanceType"] for number, data in found.items()} == {2: "m5.large", 3: "m5.2xlarge"}
    assert found[3]["UserData"] == found[2]["UserData"], "a version has everything in it"
    # Back to what was: the version is found, not minted again.
    fleet.edit("instanceType: m5.2xlarge", "instanceType: m5.large")
    fleet.run("plan", "--detailed-exitcode", code=0)
    assert sorted(versions(fleet)) == [2, 3]


def test_the_sandbox_and_moto_take_the_same_version(fleet, project):
    """The same spec gives the same launch-template data in both, but for what differs between the accounts."""
    fleet.run("resolve")
    apply(fleet)
    (theirs,) = [version["LaunchTemplateData"] for version in versions(fleet).values()]
    project.run("resolve")
    project.run("apply", "--yes")
    out = project.folder / "exported"
    project.run("export", "demo", "--out", out)
    (ours,) = [yaml.safe_load(path.read_text()) for path in out.glob("*/*/*.yaml")]
    assert theirs.keys() >= {"ImageId", "InstanceType", "UserData", "MetadataOptions", "TagSpecifications"}
    assert ours["launchTemplateData"].keys() >= theirs.keys() - {"UserData"}


def test_deviation_no_public_parameters(moto):
    ssm = moto.client("ssm")
    name = "/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/x86_64/standard/recommended/image_id"
    with pytest.raises(ssm.exceptions.ParameterNotFound):
        ssm.get_parameter(Name=name)


def test_deviation_source_version_is_ignored(moto):
    ec2 = moto.client("ec2")
    ec2.create_launch_template(
        LaunchTemplateName="deviation", LaunchTemplateData={"InstanceType": "m5.large", "KeyName": "k"}
    )
    made = ec2.create_launch_template_version(
        LaunchTemplateName="deviation", SourceVersion="42", LaunchTemplateData={"InstanceType": "m5.xlarge"}
    )["LaunchTemplateVersion"]
    assert made["LaunchTemplateData"] == {"InstanceType": "m5.xlarge"}


def test_deviation_tags_of_the_template_in_its_data(moto):
    made = moto.client("ec2").create_launch_template(
        LaunchTemplateName="tagged",
        LaunchTemplateData={"InstanceType": "m5.large"},
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": [{"Key": "a", "Value": "b"}]}],
    )["LaunchTemplate"]
    shown = moto.client("ec2").describe_launch_template_versions(LaunchTemplateId=made["LaunchTemplateId"])
    assert "TagSpecifications" in shown["LaunchTemplateVersions"][0]["LaunchTemplateData"]


def test_deviation_no_later_tags_of_a_template(moto):
    ec2 = moto.client("ec2")
    made = ec2.create_launch_template(LaunchTemplateName="later", LaunchTemplateData={"InstanceType": "m5.large"})
    found = made["LaunchTemplate"]["LaunchTemplateId"]
    ec2.create_tags(Resources=[found], Tags=[{"Key": "a", "Value": "b"}])
    assert ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [found]}])["Tags"][0]["Key"] == "a"
    assert not ec2.describe_launch_templates(LaunchTemplateIds=[found])["LaunchTemplates"][0].get("Tags")


def test_deviation_no_custom_groups(fleet):
    fleet.run("resolve")
    apply(fleet)
    group = fleet.aws.client("eks").describe_nodegroup(clusterName=fleet.name, nodegroupName="mng-1")["nodegroup"]
    assert group["amiType"] == "AL2_x86_64"


def test_deviation_no_node_group_updates(fleet):
    eks = fleet.aws.client("eks")
    for call in (
        lambda: eks.update_nodegroup_version(clusterName=fleet.name, nodegroupName="mng-1"),
        lambda: eks.list_updates(name=fleet.name, nodegroupName="mng-1"),
    ):
        with pytest.raises(eks.exceptions.ClientError) as refused:
            call()
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_a_roll_on_moto_is_refused_before_anything_is_written(fleet):
    """A group on moto has an instance type of its own, which nobody gave it. On EKS such a group could not move to a
    launch template that names one, so the plan is blocked, and no version is minted."""
    fleet.run("resolve")
    apply(fleet)
    as_custom(fleet)
    fleet.edit("instanceType: m5.large", "instanceType: m5.2xlarge")
    done = fleet.run("apply", "--yes", code=4)
    assert "Cannot specify instance types in launch template and API Request" in done.out, str(done)
    assert list(versions(fleet)) == [2]
