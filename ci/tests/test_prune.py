"""`prune`: what it deletes, what it never deletes, and what it refuses to decide."""

import pytest
import yaml
from story import apply, change_type, first_version, nothing_left, versions
from support import GROUP, TEMPLATE, Project, sandbox_server
from test_moto import fleet  # noqa: F401  (a fixture)
from test_versions import mint, neighbours, of_neighbour  # noqa: F401  (a fixture)

ALL = ("--keep", "0", "--older-than", "0d")
DELETE = "DeleteLaunchTemplateVersions"


def many(project, number):
    """The group on version 1, and versions of somebody's after it."""
    first_version(project)
    ec2 = project.aws.client("ec2")
    for key in range(number):
        data = {"InstanceType": "m5.xlarge", "EbsOptimized": key % 2 == 0}
        ec2.create_launch_template_version(LaunchTemplateName=TEMPLATE, LaunchTemplateData=data)


def fates(answer):
    (template,) = answer["launchTemplates"]
    return {version["version"]: version["fate"] for version in template["versions"]}


def reasons(answer, version):
    (template,) = answer["launchTemplates"]
    (found,) = [one for one in template["versions"] if one["version"] == version]
    return {reason["reason"] for reason in found["keptBecause"]}


def test_what_nothing_uses_goes_and_the_rest_stays(served):
    many(served, 5)
    mark = served.calls.mark()
    looked = served.json("prune", *ALL, "--dry-run")
    assert looked["schema"] == "nodemint.dev/prune/v1"
    expected = {1: "kept", 2: "toDelete", 3: "toDelete", 4: "toDelete", 5: "toDelete", 6: "kept"}
    assert fates(looked) == expected
    assert reasons(looked, 1) == {"default", "used", "rendered"} and reasons(looked, 6) == {"latest"}
    assert served.calls.writes(mark) == []

    done = served.run("prune", TEMPLATE, "--keep", "2", "--older-than", "0d", "--yes")
    for fact in ("among the newest 2", "Deleting is final", "Deleted 3 versions of demo"):
        assert fact in done.out, str(done)
    assert served.calls.operations(mark) == [DELETE]
    assert sorted(versions(served.aws)) == [1, 5, 6]

    mark = served.calls.mark()
    again = served.run("prune", "--keep", "2", "--older-than", "0d", "--yes")
    assert "Nothing to delete" in again.out and served.calls.writes(mark) == []
    nothing_left(served)


def test_the_defaults_keep_what_is_young_and_the_newest_ten(served):
    many(served, 12)
    looked = served.json("prune", "--dry-run")
    assert set(fates(looked).values()) == {"kept"}
    assert reasons(looked, 2) == {"young"}
    assert reasons(looked, 4) == {"young", "recent"}
    old = served.json("prune", "--dry-run", "--older-than", "0d")
    assert [version for version, fate in fates(old).items() if fate == "toDelete"] == [3, 2]


def test_a_group_can_still_go_back(served):
    """Four versions that the group ran, one after the other, and two of which nobody knows."""
    first_version(served)
    for old, new in (("m5.large", "m5.xlarge"), ("m5.xlarge", "m5.2xlarge")):
        change_type(served, old, new)
        apply(served)
    mint(served, InstanceType="m5.large", EbsOptimized=True)
    change_type(served, "m5.2xlarge", "c5.large")
    apply(served)
    served.aws.client("ec2").modify_launch_template(LaunchTemplateName=TEMPLATE, DefaultVersion="5")
    # The group is on 5 and would go back to 4, which somebody else made; 3 is what it ran before.
    looked = served.json("prune", *ALL, "--dry-run")
    assert fates(looked) == {1: "toDelete", 2: "toDelete", 3: "kept", 4: "kept", 5: "kept"}
    assert (reasons(looked, 3), reasons(looked, 4)) == ({"lastGood"}, {"rollbackTarget"})
    served.run("prune", *ALL, "--yes")
    served.run("rollback", GROUP, "--to", "3", "--yes", *served.quick)
    assert sorted(versions(served.aws)) == [3, 4, 5]


def test_pins_and_groups_of_others_keep_their_versions(neighbours):  # noqa: F811
    many(neighbours, 4)
    of_neighbour(neighbours, 3)
    spec = yaml.safe_load(neighbours.spec.read_text())
    spec["nodeGroups"].append({**spec["nodeGroups"][0], "name": "later", "launchTemplateVersion": 4})
    neighbours.spec.write_text(yaml.safe_dump(spec, sort_keys=False))
    looked = neighbours.json("prune", *ALL, "--dry-run")
    assert fates(looked) == {1: "kept", 2: "kept", 3: "kept", 4: "kept", 5: "kept"}
    assert (reasons(looked, 2), reasons(looked, 3), reasons(looked, 4)) == ({"rollbackTarget"}, {"used"}, {"pinned"})


def test_batches_of_two_hundred(served):
    many(served, 230)
    mark = served.calls.mark()
    done = served.run("prune", *ALL, "--yes", "--quiet")
    assert "Deleted 229 versions" in done.out, str(done)
    assert served.calls.operations(mark) == [DELETE, DELETE]
    assert sorted(versions(served.aws)) == [1, 231]


@pytest.mark.parametrize(
    "call",
    [
        "autoscaling:DescribeAutoScalingGroups", "ec2:DescribeInstances", "eks:ListClusters", "eks:ListNodegroups",
        "eks:ListUpdates",
    ],
)  # fmt: skip
def test_not_knowing_is_not_unused(tmp_path, call):
    with sandbox_server(tmp_path / "aws", "--deny", call) as aws:
        project = Project(tmp_path, ["--endpoint-url", aws.url])
        project.aws, project.calls = aws, aws.calls
        many(project, 2)
        mark = project.calls.mark()
        done = project.run("prune", *ALL, "--yes", code=4)
        assert call in done.err and "not the same as unused" in done.err and done.out == "", str(done)
        assert project.calls.writes(mark) == []


def test_what_is_not_ours_is_not_touched(served):
    first_version(served)
    ec2 = served.aws.client("ec2")
    tags = [{"ResourceType": "launch-template", "Tags": [{"Key": "nodemint:fleet", "Value": "payments"}]}]
    ec2.create_launch_template(LaunchTemplateName="theirs", LaunchTemplateData={"InstanceType": "m5.large"})
    ec2.create_launch_template(
        LaunchTemplateName="payments", LaunchTemplateData={"InstanceType": "m5.large"}, TagSpecifications=tags
    )
    mark = served.calls.mark()
    done = served.run("prune", TEMPLATE, "theirs", "payments", *ALL, "--yes", code=4)
    for fact in ("theirs in us-east-1 was not made by nodemint", "payments in us-east-1 is of the fleet `payments`"):
        assert fact in done.err, str(done)
    assert served.calls.writes(mark) == []


def test_without_a_terminal_nothing_is_deleted(served):
    many(served, 2)
    mark = served.calls.mark()
    done = served.run("prune", *ALL, code=1)
    assert "pass --yes" in done.err and served.calls.writes(mark) == []


def test_the_spec_must_be_known(served):
    """Without the lock nobody knows what the spec asks for."""
    many(served, 2)
    served.lock.unlink()
    done = served.run("prune", *ALL, "--yes", code=1)
    assert "nodemint resolve" in done.err, str(done)
    done = served.run("prune", "--file", "nowhere.yaml", "--region", "us-east-1", code=1)
    assert "nowhere.yaml" in done.err, str(done)


@pytest.mark.parametrize("age", ["soon", "3", "-1d", "2 months"])
def test_ages_that_are_none(project, age):
    done = project.run("prune", f"--older-than={age}", code=1)
    assert "30d" in done.err, str(done)


def test_auto_scaling_groups_and_instances_on_an_aws_that_nobody_here_wrote(fleet):  # noqa: F811
    """moto, without a node group: it cannot list updates, so nobody can be sure of one."""
    document = yaml.safe_load(fleet.spec.read_text())
    document["launchTemplates"][0]["clusters"] = [fleet.name]
    document["nodeGroups"] = []
    fleet.spec.write_text(yaml.safe_dump(document, sort_keys=False))
    fleet.run("resolve")
    ec2, scaling = fleet.aws.client("ec2"), fleet.aws.client("autoscaling")
    # moto's CreateTags does not reach launch templates.
    ec2.delete_launch_template(LaunchTemplateName=fleet.name)
    made = ec2.create_launch_template(
        LaunchTemplateName=fleet.name,
        LaunchTemplateData={"InstanceType": "t3.small"},
        TagSpecifications=[
            {"ResourceType": "launch-template", "Tags": [{"Key": "nodemint:fleet", "Value": fleet.name}]}
        ],
    )
    identity = made["LaunchTemplate"]["LaunchTemplateId"]
    for number in range(2, 10):
        data = {"InstanceType": f"m5.{number}xlarge", "ImageId": fleet.image["ImageId"]}
        ec2.create_launch_template_version(LaunchTemplateName=fleet.name, LaunchTemplateData=data)
    zone = {"AvailabilityZones": ["us-east-1a"], "MinSize": 0, "MaxSize": 1, "DesiredCapacity": 0}

    def on(version):
        return {"LaunchTemplateId": identity, "Version": version}

    scaling.create_auto_scaling_group(AutoScalingGroupName=f"{fleet.name}-plain", LaunchTemplate=on("3"), **zone)
    overrides = [{"InstanceType": "m5.large"}, {"InstanceType": "m5.xlarge", "LaunchTemplateSpecification": on("5")}]
    mixed = {"LaunchTemplate": {"LaunchTemplateSpecification": on("4"), "Overrides": overrides}}
    scaling.create_auto_scaling_group(AutoScalingGroupName=f"{fleet.name}-mixed", MixedInstancesPolicy=mixed, **zone)
    started = ec2.run_instances(LaunchTemplate=on("7"), MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]

    looked = fleet.json("prune", *ALL, "--dry-run")
    assert {version for version, fate in fates(looked).items() if fate == "kept"} == {1, 3, 4, 5, 7, 9}
    assert {reason for version in (3, 4, 5, 7) for reason in reasons(looked, version)} == {"used"}
    (history,) = fleet.json("history", fleet.name)["launchTemplates"]
    users = {version["version"]: version["users"] for version in history["versions"] if version["users"]}
    assert users[7] == [{"kind": "instance", "id": started}]
    assert users[4] == users[5] == [{"kind": "autoScalingGroup", "name": f"{fleet.name}-mixed"}]
    assert "1 instance" in fleet.run("history", fleet.name).out

    # moto has no DeleteLaunchTemplateVersions: a deletion that fails says what it left.
    done = fleet.run("prune", fleet.name, *ALL, "--yes", code=1)
    assert f"Left 3 versions of {fleet.name}" in done.out and "DeleteLaunchTemplateVersions" in done.err, str(done)
    ec2.terminate_instances(InstanceIds=[started])
    looked = fleet.json("prune", identity, *ALL, "--dry-run")
    assert {version for version, fate in fates(looked).items() if fate == "kept"} == {1, 3, 4, 5, 9}
