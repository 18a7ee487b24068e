"""`launchTemplateData`, from the spec to EC2 and back: all of it is written, told, found again, and not doubled."""

import pytest
import yaml
from story import apply, describe_group, first_version, nothing_left, version_of, versions
from support import TEMPLATE

GOLDEN = "al2023-launch-template-data"
CLUSTER_GROUP = "sg-0123456789abcdef0"
BLOCK = {
    "InstanceMarketOptions": {"MarketType": "capacity-block"},
    "CapacityReservationSpecification": {
        "CapacityReservationTarget": {"CapacityReservationId": "cr-0123456789abcdef0"}
    },
}


def change(project, edit):
    spec = yaml.safe_load(project.spec.read_text())
    edit(spec["launchTemplates"][0], spec["nodeGroups"][0])
    project.spec.write_text(yaml.safe_dump(spec, sort_keys=False))


def everything(golden_data):
    """All of the golden case's data, on a template that has no security groups of its own then."""

    def edit(template, group):
        template["launchTemplateData"] = golden_data
        del template["securityGroupIds"]
        group["capacityType"] = "SPOT"

    return edit


def reorder(value):
    """The same with every list and mapping turned round, where the order means nothing."""
    if isinstance(value, dict):
        return {key: reorder(item) for key, item in reversed(value.items())}
    if isinstance(value, list):
        return [reorder(item) for item in reversed(value)]
    return value


@pytest.fixture
def golden_data(pytestconfig):
    text = (pytestconfig.rootpath.parent / "golden" / GOLDEN / "nodemint.yaml").read_text()
    return yaml.safe_load(text)["launchTemplates"][0]["launchTemplateData"]


def test_all_of_it_arrives_and_is_found_again(served, golden_data):
    change(served, everything(golden_data))
    first_version(served)
    (version,) = versions(served.aws).values()
    made = version["LaunchTemplateData"]
    lists = {"TagSpecifications", "NetworkInterfaces", "LicenseSpecifications"}
    for name, value in golden_data.items():
        if name not in lists:
            assert made[name] == value, name
    assert made["NetworkInterfaces"] == golden_data["NetworkInterfaces"]
    tags = {one["ResourceType"]: {tag["Key"] for tag in one["Tags"]} for one in made["TagSpecifications"]}
    assert tags["spot-instances-request"] == {"team"}
    assert tags["volume"] == {"Name", "backup"}
    assert {"Name", "empty"} < tags["instance"]
    assert describe_group(served.aws)["capacityType"] == "SPOT"

    # Another order of what has none is no change; one value deep inside is one, and is told by its path.
    change(served, lambda template, _: template.update(launchTemplateData=reorder(golden_data)))
    nothing_left(served)
    other = yaml.safe_load(yaml.safe_dump(golden_data))
    other["NetworkInterfaces"][1]["EnaSrdSpecification"]["EnaSrdUdpSpecification"]["EnaSrdUdpEnabled"] = False
    change(served, lambda template, _: template.update(launchTemplateData=other))
    planned = served.run("plan", "--detailed-exitcode", code=2)
    assert "EnaSrdUdpEnabled" in planned.out, str(planned)
    apply(served)
    nothing_left(served)
    assert version_of(describe_group(served.aws)) == 2


def test_the_same_made_by_somebody_else_is_used(served, golden_data):
    first_version(served)
    change(served, lambda template, _: template.update(launchTemplateData={"DisableApiStop": True}))
    ec2 = served.aws.client("ec2")
    theirs = versions(served.aws)[1]["LaunchTemplateData"] | {"DisableApiStop": True}
    # What EKS forbids in a node group is read, too: it is another version, and none that cannot be read.
    forbidden = theirs | {"IamInstanceProfile": {"Name": "node"}, "HibernationOptions": {"Configured": True}}
    for data in (forbidden, theirs):
        ec2.create_launch_template_version(LaunchTemplateName=TEMPLATE, LaunchTemplateData=data)
    apply(served)
    nothing_left(served)
    assert version_of(describe_group(served.aws)) == 3 and len(versions(served.aws)) == 3
    (history,) = served.json("history", TEMPLATE)["launchTemplates"]
    assert all(one["hash"] for one in history["versions"]), "a version that was not read whole has no hash"


def test_a_capacity_block(served):
    def edit(template, group):
        template["launchTemplateData"] = BLOCK
        group["capacityType"] = "CAPACITY_BLOCK"
        group["subnets"] = group["subnets"][:1]

    change(served, edit)
    first_version(served)
    group = describe_group(served.aws)
    assert group["capacityType"] == "CAPACITY_BLOCK"
    # Nodes run in it, so a new version is told to want a desired size of 0 before.
    change(served, lambda template, _: template["launchTemplateData"].update(EbsOptimized=True))
    assert "Capacity Block with a desired size of 2" in served.run("plan").out
