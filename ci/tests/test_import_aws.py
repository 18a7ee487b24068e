"""`nodemint import aws`: groups and launch templates that other tools made become a spec whose plan is empty; changes
of them need --adopt, once."""

import base64
import json
import shutil

import pytest
import yaml
from nodes import AMI_TYPES, IMAGES, NODE, SUBNETS, encoded, mime, node_config, whole_cluster
from story import apply, first_version, nothing_left
from support import ACCOUNT, CLUSTER, GROUP, REGION, TEMPLATE, Project, sandbox_server, wait_for

SECURITY_GROUP = "sg-0123456789abcdef0"
OWNER = "nodemint:fleet"


def tags(**pairs):
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def tagged(*kinds, **pairs):
    return [{"ResourceType": kind, "Tags": tags(**pairs)} for kind in kinds]


def terraform(aws):
    """As terraform-aws-eks and its cloudinit_config write it: CRLF in the frame, LF in the parts."""
    head = [
        'Content-Type: multipart/mixed; boundary="MIMEBOUNDARY"',
        "MIME-Version: 1.0",
        "",
        "--MIMEBOUNDARY",
        "Content-Transfer-Encoding: 7bit",
        f"Content-Type: {NODE}",
        "Mime-Version: 1.0",
        "",
        "",
    ]
    return "\r\n".join(head) + "---\n" + node_config(cluster=whole_cluster(aws)) + "\r\n--MIMEBOUNDARY--\r\n"


def bottlerocket(aws):
    facts = aws.client("eks").describe_cluster(name=CLUSTER)["cluster"]
    lines = [
        "[settings.kubernetes]",
        f'api-server = "{facts["endpoint"]}"',
        f'cluster-certificate = "{facts["certificateAuthority"]["data"]}"',
        f'cluster-name = "{CLUSTER}"',
        "[settings.host-containers.admin]",
        "enabled = true",
    ]
    return "\n".join(lines) + "\n"


def powershell(aws):
    return (
        "<powershell>\n[string]$EKSBootstrapScriptFile = "
        '"$env:ProgramFiles\\Amazon\\EKS\\Start-EKSBootstrap.ps1"\n'
        f"& $EKSBootstrapScriptFile -EKSClusterName {CLUSTER}\n</powershell>\n"
    )


def image(aws, family):
    return aws.client("ssm").get_parameter(Name=IMAGES[family])["Parameter"]["Value"]


EKSCTL = {
    "BlockDeviceMappings": [
        {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 80, "VolumeType": "gp3", "Iops": 3000, "Throughput": 125}}
    ],
    "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
    "SecurityGroupIds": [SECURITY_GROUP],
    "TagSpecifications": tagged(
        "instance", "volume", "network-interface", **{"Name": "eksctl-node", "alpha.eksctl.io/nodegroup-name": "ng"}
    ),
}


def account(aws):
    """launch template → (its versions' data, {group: what it is besides})"""
    config = mime((NODE, node_config(kubelet={"flags": ["--node-labels=team=payments"]})))
    bigger = {"InstanceType": "m5.xlarge", "UserData": encoded(config)}
    return {
        "eksctl-ng": (
            [EKSCTL],
            {
                "ng": {
                    "amiType": AMI_TYPES["AL2023"],
                    "instanceTypes": ["m5.large", "m6i.large"],
                    "labels": {"alpha.eksctl.io/cluster-name": CLUSTER},
                    "tags": {"alpha.eksctl.io/nodegroup-type": "managed"},
                    "capacityType": "SPOT",
                }
            },
        ),
        "terraform-20261001": (
            [
                {
                    "ImageId": image(aws, "AL2023"),
                    "InstanceType": "m5.large",
                    "UserData": encoded(terraform(aws)),
                    "Monitoring": {"Enabled": True},
                }
            ],
            {
                "tf": {
                    "updateConfig": {"maxUnavailablePercentage": 33},
                    "taints": [{"key": "dedicated", "value": "tf", "effect": "NO_SCHEDULE"}],
                }
            },
        ),
        "bottlerocket": (
            [
                {
                    "ImageId": image(aws, "Bottlerocket"),
                    "InstanceType": "m5.large",
                    "UserData": encoded(bottlerocket(aws)),
                    "MetadataOptions": {"HttpTokens": "optional"},
                }
            ],
            {"br": {}},
        ),
        "bottlerocket-merged": (
            [{"InstanceType": "m5.large", "UserData": encoded("[settings.ntp]\ntime-servers = []\n")}],
            {"br-merged": {"amiType": AMI_TYPES["Bottlerocket"]}},
        ),
        "windows": (
            [
                {
                    "ImageId": image(aws, "Windows"),
                    "InstanceType": "m5.large",
                    "UserData": encoded(powershell(aws)),
                    "BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 100}}],
                }
            ],
            {"win": {}},
        ),
        "shared": (
            [{"InstanceType": "m5.large", "UserData": encoded(config)}, bigger],
            {
                "shared-a": {"version": "1", "amiType": AMI_TYPES["AL2023"]},
                "shared-b": {"version": "2", "amiType": AMI_TYPES["AL2023"]},
                "shared-c": {"version": "2", "amiType": AMI_TYPES["AL2023"]},
            },
        ),
    }


def make_account(aws):
    ec2, eks = aws.client("ec2"), aws.client("eks")
    made = account(aws)
    common = {
        "clusterName": CLUSTER,
        "nodeRole": f"arn:aws:iam::{ACCOUNT}:role/eksworkshop-node",
        "subnets": SUBNETS,
        "scalingConfig": {"minSize": 1, "maxSize": 3, "desiredSize": 1},
    }
    for name, (versions, groups) in made.items():
        first, *later = versions
        ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=first)
        for data in later:
            ec2.create_launch_template_version(LaunchTemplateName=name, LaunchTemplateData=data)
        for group, more in groups.items():
            template = {"name": name, "version": more.pop("version", "1")}
            eks.create_nodegroup(**common, nodegroupName=group, launchTemplate=template, **more)
    eks.create_nodegroup(**common, nodegroupName="plain", amiType=AMI_TYPES["AL2023"])
    for name in eks.list_nodegroups(clusterName=CLUSTER)["nodegroups"]:
        wait_for(f"{name} is ACTIVE", lambda name=name: shown(aws, name)["status"] == "ACTIVE")


def shown(aws, name):
    return aws.client("eks").describe_nodegroup(clusterName=CLUSTER, nodegroupName=name)["nodegroup"]


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """An account of groups that nodemint has nothing to do with, and an empty project."""
    folder = tmp_path_factory.mktemp("import")
    with sandbox_server(folder / "aws") as aws:
        make_account(aws)
        project = Project(folder, ["--endpoint-url", aws.url])
        project.aws, project.calls = aws, aws.calls
        shutil.rmtree(project.folder)
        project.folder.mkdir()
        yield project


def imported(project, *more, code=0):
    return project.run("import", "aws", "--cluster", CLUSTER, *more, code=code)


def spec_of(project):
    spec = yaml.safe_load(project.spec.read_text())
    by_name = lambda key: {one["name"]: one for one in spec[key]}  # noqa: E731
    return by_name("launchTemplates"), by_name("nodeGroups")


def test_what_others_made_comes_in_changes_nothing_and_is_taken_over_once(theirs):
    before = theirs.calls.mark()
    look = imported(theirs, "--dry-run")
    assert not list(theirs.folder.iterdir()) and "Nothing was written" in look.out, str(look)
    done = imported(theirs)
    assert "Checked: a plan of this spec changes nothing." in done.out, str(done)
    assert "node group plain" in done.out and "can never get one of yours" in done.out, str(done)
    assert "6 launch templates and 8 node groups of nobody's: the first change needs `--adopt`" in done.out, str(done)

    templates, groups = spec_of(theirs)
    assert set(templates) == set(account(theirs.aws)) and "plain" not in groups and len(groups) == 8, str(done)
    assert templates["eksctl-ng"]["ami"]["pinnedBy"] == "releaseVersion"
    assert templates["eksctl-ng"]["tags"]["Name"] == "eksctl-node"
    assert groups["ng"]["instanceTypes"] == ["m5.large", "m6i.large"] and groups["ng"]["capacityType"] == "SPOT"
    tf = templates["terraform-20261001"]
    assert tf["family"] == "AL2023" and tf["ami"]["eksOptimized"].startswith("1.34."), tf
    kept = theirs.folder / tf["userData"]["verbatim"]["file"]
    assert kept.read_bytes() == terraform(theirs.aws).encode()
    assert groups["tf"]["update"] == {"maxUnavailablePercentage": 33} and len(groups["tf"]["taints"]) == 1
    assert tf["launchTemplateData"] == {"Monitoring": {"Enabled": True}}
    assert templates["bottlerocket"]["family"] == "Bottlerocket"
    assert templates["windows"]["family"] == "Windows2022Core"
    assert templates["windows"]["blockDevices"] == [{"device": "root", "size": 100}]
    assert templates["shared"]["instanceType"] == "m5.xlarge"
    assert groups["shared-a"]["launchTemplateVersion"] == 1 and "launchTemplateVersion" not in groups["shared-b"]

    # What the report tells, programs are told, too; and the same again writes the same.
    answer = imported(theirs, "--output", "json").json()
    assert answer["schema"] == "nodemint.dev/import/v1" and answer["plan"] == {"empty": True, "found": []}
    assert answer["toDo"] == 1 and all(entry["path"] for entry in answer["report"])

    theirs.run("validate")
    theirs.run("resolve", "--check")
    note = nothing_left(theirs)
    assert "nobody's, by the tag nodemint:fleet" in note.out, str(note)
    assert theirs.calls.writes(before) == []

    # A change is refused by name, and costs nothing.
    theirs.edit("m5.xlarge", "m5.2xlarge")
    refused = theirs.run("plan", code=4)
    assert f"launch template {REGION}/shared: it is nobody's" in refused.out, str(refused)
    assert f"node group {CLUSTER}/shared-b: it is nobody's" in refused.out and "--adopt" in refused.out, str(refused)
    theirs.run("apply", "--yes", *theirs.quick, code=4)
    assert theirs.calls.writes(before) == []

    # Taken over, what is touched and what is not: tags go first.
    plan = theirs.run("plan", "--adopt", "--out", "plan.json", "--detailed-exitcode", code=2)
    assert "14 things to take over" in plan.out, str(plan)
    mark = theirs.calls.mark()
    theirs.run("apply", "plan.json", "--yes", *theirs.quick)
    operations = theirs.calls.operations(mark)
    assert operations[:14].count("CreateTags") == 6 and operations[:14].count("TagResource") == 8, operations
    assert operations[14:] == ["CreateLaunchTemplateVersion", *["UpdateNodegroupVersion"] * 2], operations
    again = nothing_left(theirs)
    assert "nobody's" not in again.out, str(again)
    assert shown(theirs.aws, "shared-c")["launchTemplate"]["version"] == "3"
    assert shown(theirs.aws, "shared-a")["launchTemplate"]["version"] == "1"
    assert shown(theirs.aws, "plain")["tags"].get(OWNER) is None

    # From then on no flag is needed.
    theirs.edit("m5.2xlarge", "m5.large")
    apply(theirs)
    nothing_left(theirs)


def test_one_group_alone(theirs, tmp_path):
    out = tmp_path / "one"
    done = imported(theirs, "--group", "br", "--out", out, "--fleet", "mine")
    assert "Checked: a plan of this spec changes nothing." in done.out, str(done)
    spec = yaml.safe_load((out / "nodemint.yaml").read_text())
    assert [one["name"] for one in spec["nodeGroups"]] == ["br"] and spec["metadata"]["name"] == "mine"
    unknown = imported(theirs, "--group", "nine", "--out", out, code=1)
    assert "has no node group nine; it has br, " in unknown.err, str(unknown)
    nowhere = theirs.run("import", "aws", "--cluster", "red", code=1)
    assert f"EKS has no cluster red in {REGION}" in nowhere.err, str(nowhere)


def test_what_is_there_is_not_written_over(theirs, tmp_path):
    out = tmp_path / "kept"
    imported(theirs, "--out", out)
    (out / "nodemint.yaml").write_text("mine\n")
    done = imported(theirs, "--out", out, code=1)
    assert "nodemint.yaml" in done.err and "--force" in done.err, str(done)
    assert (out / "nodemint.yaml").read_text() == "mine\n"
    imported(theirs, "--out", out, "--force")
    assert "apiVersion" in (out / "nodemint.yaml").read_text()


def test_a_fleet_of_nodemints_own_comes_back_as_it_was_said(served):
    """The same hashes, in the spec's words, and nothing to take over."""
    first_version(served)
    before = rendered(served)
    lock = served.lock.read_text()
    out = served.folder / "back"
    done = imported(served, "--out", out)
    assert "Checked: a plan of this spec changes nothing." in done.out and "--adopt" not in done.out, str(done)
    spec = yaml.safe_load((out / "nodemint.yaml").read_text())
    assert spec["metadata"]["name"] == CLUSTER
    (template,) = spec["launchTemplates"]
    assert "verbatim" not in template["userData"] and len(template["userData"]["preBootstrap"]) == 2, template
    assert template["tags"] == {"Name": "eksworkshop-mng-1"} and template["name"] == TEMPLATE
    # The image is pinned by its release, and is the one that was locked.
    (image_of,) = yaml.safe_load((out / "nodemint.lock").read_text())["launchTemplates"][TEMPLATE].values()
    assert image_of["imageId"] in lock
    shutil.copytree(out, served.folder, dirs_exist_ok=True)
    nothing_left(served)
    assert rendered(served) == before
    again = nothing_left(served)
    assert "ownership" not in again.out, str(again)


def rendered(project):
    plan = project.run("plan", "--output", "json").json()
    return [(one["name"], one["hash"], one["version"]) for one in plan["launchTemplates"]]


def test_what_belongs_to_another_fleet_is_taken_over_by_name_alone(served):
    first_version(served)
    served.edit("metadata: {name: eksworkshop}", "metadata: {name: other}")
    kept = nothing_left(served)
    assert "the fleet `eksworkshop`'s, by the tag nodemint:fleet" in kept.out, str(kept)
    served.edit("instanceType: m5.large ", "instanceType: m5.xlarge ")
    for flags in ([], ["--adopt"]):
        refused = served.run("plan", *flags, code=4)
        assert "it belongs to the fleet `eksworkshop`" in refused.out, str(refused)
        assert "--adopt=fleet:eksworkshop" in refused.out, str(refused)
    mark = served.calls.mark()
    refused = served.run("rollback", GROUP, "--to", "1", code=0)
    assert "runs version 1 already" in refused.out, str(refused)
    one = served.run("plan", f"--adopt={TEMPLATE}", "--adopt=typo", code=4)
    assert "`--adopt=typo` takes nothing over" in one.out and f"node group {CLUSTER}/{GROUP}: it bel" in one.out, str(
        one
    )
    assert served.calls.writes(mark) == []
    apply(served, "--adopt=fleet:eksworkshop")
    nothing_left(served)
    template = served.aws.client("ec2").describe_launch_templates(LaunchTemplateNames=[TEMPLATE])["LaunchTemplates"][0]
    assert {tag["Key"]: tag["Value"] for tag in template["Tags"]}[OWNER] == "other"
    assert shown(served.aws, GROUP)["tags"][OWNER] == "other"
    # Rolling back asks the same question.
    served.edit("metadata: {name: other}", "metadata: {name: third}")
    refused = served.run("rollback", GROUP, "--yes", code=4)
    assert "it belongs to the fleet `other`" in refused.out, str(refused)
    served.run("rollback", GROUP, "--yes", "--adopt=fleet:other", *served.quick)
    assert shown(served.aws, GROUP)["tags"][OWNER] == "third"
    status = served.run("status")
    assert "its launch template: of the fleet `other`; a change needs `--adopt=fleet:other`" in status.out, str(status)
    assert json.loads(served.run("status", "--output", "json").out)["nodeGroups"][0]["owner"] == "third"


def test_a_saved_plan_holds_what_it_takes_over(served):
    first_version(served)
    served.run("plan", "--out", "plan.json")
    done = served.run("apply", "plan.json", "--adopt", code=1)
    assert "a saved plan holds what it takes over" in done.err, str(done)


def test_user_data_is_never_told(theirs):
    secret = base64.b64encode(b"[settings.ntp]").decode()
    for flags in ([], ["--output", "json"], ["--output", "markdown"]):
        done = imported(theirs, "--dry-run", *flags)
        assert "host-containers" not in done.out + done.err and secret not in done.out + done.err
