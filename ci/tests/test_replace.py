"""What EKS keeps for life in a node group is had by a new group beside it, then the old one's deletion: two commands,
each with its own yes, and nothing left to do after both."""

import json

import pytest
import yaml
from story import apply, first_version, nothing_left
from support import CLUSTER, DEADLINE, GROUP, REGION, ROOT, TEMPLATE, Project, ended, sandbox_server, wait_for
from test_cli_manners import at_a_terminal

NEW = "mng-2"
FIRST = ("replace", GROUP, "--as", NEW)
SECOND = (*FIRST, "--delete-old")
OWN_IMAGE, EKS_IMAGE = "pinnedBy: launchTemplate ", "pinnedBy: releaseVersion "
SUBNETS = "subnets: [subnet-0aa10000000000001, subnet-0bb20000000000002, subnet-0cc30000000000003]"
ROLE = "arn:aws:iam::111122223333:role/eksworkshop-node"
BUILTIN = ROOT / "builder/sandbox/seed/eksworkshop.yaml"


def replace(project, *command, code=0):
    return project.run(*command, "--yes", *project.quick, code=code)


def groups(project):
    """Node group → (status, launch-template version), of all that the embedded AWS has."""
    eks = project.aws.client("eks")
    found = {}
    for name in eks.list_nodegroups(clusterName=CLUSTER)["nodegroups"]:
        group = eks.describe_nodegroup(clusterName=CLUSTER, nodegroupName=name)["nodegroup"]
        found[name] = (group["status"], int(group["launchTemplate"]["version"]))
    return found


def both_steps(project, blocked_by):
    """The change is in the spec already: from the blocked plan to nothing left."""
    blocked = project.run("plan", code=4)
    for fact in (*blocked_by, f"nodemint replace {GROUP} --as {NEW} --cluster {CLUSTER}", "--delete-old"):
        assert fact in blocked.out, str(blocked)
    comments = [line for line in project.spec.read_text().splitlines() if "#" in line]

    mark = project.calls.mark()
    done = replace(project, *FIRST)
    assert project.calls.operations(mark)[-1] == "CreateNodegroup"
    assert "DeleteNodegroup" not in project.calls.operations(mark)
    for fact in (f"creating node group {CLUSTER}/{NEW}", f"active node group {CLUSTER}/{NEW}", "--delete-old"):
        assert fact in done.err, str(done)
    text = project.spec.read_text()
    assert [line for line in text.splitlines() if "#" in line] == comments, "the spec's comments are kept"
    assert [group["name"] for group in yaml.safe_load(text)["nodeGroups"]] == [NEW]
    told = nothing_left(project)
    assert f"{CLUSTER}/{GROUP}: it is of this fleet" in told.out, str(told)
    assert f"{CLUSTER}/{GROUP}: it is of this fleet" in project.run("status").out

    mark = project.calls.mark()
    assert "Nothing to do" in replace(project, *FIRST).out, "the same command again"
    assert project.calls.writes(mark) == []
    done = replace(project, *SECOND)
    assert project.calls.operations(mark) == ["DeleteNodegroup"]
    for fact in ("its 2 nodes go with it", "5 minutes", "not documented"):
        assert fact in done.out, str(done)
    assert f"deleted node group {CLUSTER}/{GROUP}" in done.err, str(done)
    last = nothing_left(project)
    assert GROUP not in last.out, "nothing of the old group is told"
    mark = project.calls.mark()
    assert "nothing to delete" in replace(project, *SECOND).err
    assert project.calls.writes(mark) == []
    (status,) = project.json("status")["nodeGroups"]
    assert (status["name"], status["status"]) == (NEW, "ACTIVE")


def test_an_image_of_its_own_becomes_that_of_eks(project):
    first_version(project)
    project.edit(OWN_IMAGE, EKS_IMAGE)
    project.run("resolve")
    both_steps(project, ("The request must contain the parameter ImageId",))


def test_subnets_role_and_capacity_are_for_life(project):
    first_version(project)
    project.edit(SUBNETS, "subnets: [subnet-0aa10000000000001, subnet-0bb20000000000002]")
    project.edit(f"nodeRole: {ROLE}", f"nodeRole: {ROLE}-2")
    project.edit("    launchTemplate: demo ", "    capacityType: SPOT\n    launchTemplate: demo ")
    told = ("the group's subnets are", "the group's node role is", "the group's capacity type is ON_DEMAND")
    both_steps(project, (*told, "nodeGroups[0].subnets", "nodeGroups[0].nodeRole", "nodeGroups[0].capacityType"))


def test_the_image_of_eks_becomes_one_of_its_own(project):
    project.edit(OWN_IMAGE, EKS_IMAGE)
    first_version(project)
    project.edit(EKS_IMAGE, OWN_IMAGE)
    project.run("resolve")
    both_steps(project, ("your nodegroup is configured to use an Amazon EKS optimized AMI",))


def change_and_plan(project):
    first_version(project)
    project.edit(OWN_IMAGE, EKS_IMAGE)
    project.run("resolve")


def test_the_new_group_is_as_large_as_the_old_one_is_by_then(served):
    first_version(served)
    served.aws.client("eks").update_nodegroup_config(
        clusterName=CLUSTER, nodegroupName=GROUP, scalingConfig={"desiredSize": 3}
    )
    wait_for("the group has grown", lambda: groups(served)[GROUP][0] == "ACTIVE")
    served.edit(OWN_IMAGE, EKS_IMAGE)
    served.run("resolve")
    done = replace(served, *FIRST)
    assert "3 nodes to begin with, between 1 and 3, as many as mng-1 has now" in done.out, str(done)
    new = served.aws.client("eks").describe_nodegroup(clusterName=CLUSTER, nodegroupName=NEW)["nodegroup"]
    assert new["scalingConfig"]["desiredSize"] == 3 and new["amiType"] == "AL2023_x86_64_STANDARD"
    assert groups(served)[GROUP] == ("ACTIVE", 1), "the old group is not touched"
    replace(served, *SECOND)
    assert list(groups(served)) == [NEW]
    nothing_left(served)


def test_a_look_changes_nothing(project):
    change_and_plan(project)
    before, mark = project.files(), project.calls.mark()
    looked = project.run(*FIRST, "--dry-run")
    assert "is created on demo version 2" in looked.out, str(looked)
    document = project.json(*FIRST, "--dry-run")
    assert document["purpose"] == "replace"
    assert [(group["name"], group["action"]) for group in document["nodeGroups"]] == [
        (NEW, "create"),
        (GROUP, "unchanged"),
    ]
    refused = project.run(*FIRST, code=1)
    assert "pass --yes" in refused.err, "each step has its own yes"
    assert project.files() == before and project.calls.writes(mark) == []

    replace(project, *FIRST)
    before, mark = project.files(), project.calls.mark()
    looked = project.run(*SECOND, "--dry-run")
    assert f"node group {CLUSTER}/{GROUP} on demo version 1 is deleted" in looked.out, str(looked)
    refused = project.run(*SECOND, code=1)
    assert "pass --yes" in refused.err
    assert project.files() == before and project.calls.writes(mark) == []


def test_a_person_is_asked(project):
    change_and_plan(project)
    before = project.files()
    said, code = at_a_terminal(project, *FIRST, answer="n")
    assert "create it beside mng-1?" in said and code == 1 and project.files() == before, said
    said, code = at_a_terminal(project, *FIRST, answer="y")
    assert "1 node group created." in said and code == 0, said
    said, code = at_a_terminal(project, *SECOND, answer="n")
    assert f"Delete node group {CLUSTER}/{GROUP}" in said and code == 1, said
    said, code = at_a_terminal(project, *SECOND, answer="y")
    assert "1 node group deleted." in said and code == 0, said
    nothing_left(project)


def test_events_are_the_answer_in_json(project):
    change_and_plan(project)
    for command, wanted in ((FIRST, "groupActive"), (SECOND, "groupDeleted")):
        done = project.run(*command, "--yes", "--output", "json")
        events = [json.loads(line) for line in done.out.splitlines()]
        assert {event["schema"] for event in events} == {"nodemint.dev/event/v1"}
        names = [event["event"] for event in events]
        assert wanted in names and names[-1] == "runEnded", names
    blocked = project.run("replace", NEW, "--as", "x" * 64, "--output", "json", code=1)
    assert "nodeGroups[0].name" in blocked.err, str(blocked)


REFUSED = {
    "one name for both": (("replace", GROUP, "--as", GROUP), ("choose another name",)),
    "nobody of these names": (("replace", "mng-8", "--as", "mng-9"), ("mng-8", "mng-9", f"it has {CLUSTER}/{GROUP}")),
    "the second step first": (SECOND, (f"still names {CLUSTER}/{GROUP}", f"nodemint replace {GROUP} --as {NEW}")),
    "a name that EKS does not take": (("replace", GROUP, "--as", "no spaces"), ("nodeGroups[0].name",)),
    "another cluster": ((*FIRST, "--cluster", "nowhere"), (f"it has {CLUSTER}/{GROUP}",)),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_before_anything_is_asked(project, what):
    command, said = REFUSED[what]
    project.run("resolve")
    before, mark = project.files(), project.calls.mark()
    done = project.run(*command, "--yes", code=1)
    for fact in said:
        assert fact in done.err, str(done)
    assert project.files() == before and project.calls.writes(mark) == []


def test_the_old_group_goes_only_when_all_is_well(served):
    change_and_plan(served)
    replace(served, *FIRST)
    eks = served.aws.client("eks")
    (old, new) = (
        eks.describe_nodegroup(clusterName=CLUSTER, nodegroupName=name)["nodegroup"]["nodegroupArn"]
        for name in (GROUP, NEW)
    )

    def refused(*said):
        mark = served.calls.mark()
        done = replace(served, *SECOND, code=4)
        for fact in said:
            assert fact in done.out, str(done)
        assert served.calls.writes(mark) == []

    # Not of this fleet, and the new one is not as the spec says: both are told.
    eks.untag_resource(resourceArn=old, tagKeys=["nodemint:fleet"])
    served.edit("labels: {role: managed-ng-worker}", "labels: {role: managed-ng-worker, team: a}")
    refused("it has no tag nodemint:fleet=eksworkshop", "is not as the spec says yet", "blocked:")
    eks.tag_resource(resourceArn=old, tags={"nodemint:fleet": "eksworkshop"})
    refused("is not as the spec says yet")
    apply(served)
    assert GROUP in groups(served), "apply deletes nothing"
    # A new group of others.
    eks.untag_resource(resourceArn=new, tagKeys=["nodemint:fleet"])
    done = replace(served, *FIRST, code=4)
    assert "is not of this fleet" in done.out, str(done)
    eks.tag_resource(resourceArn=new, tags={"nodemint:fleet": "eksworkshop"})
    replace(served, *SECOND)
    assert list(groups(served)) == [NEW]
    nothing_left(served)


@pytest.fixture
def slow(tmp_path):
    """The embedded AWS at a speed at which there is a middle."""
    with sandbox_server(tmp_path / "aws", speed=250) as aws:
        made = Project(tmp_path, ["--endpoint-url", aws.url])
        made.aws, made.calls = aws, aws.calls
        yield made


def killed_at(project, operation, *command):
    """The command, killed when AWS has answered the call, which the command may not have seen."""
    mark = project.calls.mark()
    with ended(project.start(*command, "--yes", *project.quick)) as process:
        wait_for(f"a call of {operation}", lambda: operation in project.calls.operations(mark))
        process.kill()
        process.wait(DEADLINE)


def test_killed_and_finished(slow):
    """The first step by `apply` as well: from the edit on, the spec names the new group."""
    change_and_plan(slow)
    mark = slow.calls.mark()
    killed_at(slow, "CreateNodegroup", *FIRST)
    assert f"name: {NEW}" in slow.spec.read_text()
    apply(slow)
    nothing_left(slow)
    killed_at(slow, "DeleteNodegroup", *SECOND)
    done = replace(slow, *SECOND)
    assert "DeleteNodegroup" not in slow.calls.operations(mark)[4:], str(done)
    assert slow.calls.operations(mark) == ["CreateLaunchTemplateVersion", "CreateNodegroup", "DeleteNodegroup"]
    assert list(groups(slow)) == [NEW]
    nothing_left(slow)


def test_not_waited_for(project):
    change_and_plan(project)
    mark = project.calls.mark()
    done = replace(project, *FIRST, "--no-wait", code=7)
    assert f"creation of node group {CLUSTER}/{NEW}" in done.err and "same command again" in done.err, str(done)
    blocked = replace(project, *SECOND, code=4)
    assert "the group is CREATING, and not ACTIVE" in blocked.out, str(blocked)
    done = replace(project, *FIRST)
    assert f"following {CLUSTER}/{NEW}: its creation" in done.err, str(done)
    done = replace(project, *SECOND, "--no-wait", code=7)
    assert f"deletion of node group {CLUSTER}/{GROUP}" in done.err, str(done)
    assert "it is being deleted" in nothing_left(project).out
    done = replace(project, *SECOND)
    assert "its deletion is under way" in done.out, str(done)
    assert project.calls.operations(mark) == ["CreateLaunchTemplateVersion", "CreateNodegroup", "DeleteNodegroup"]
    nothing_left(project)


@pytest.fixture
def unlucky(tmp_path):
    """The built-in account, where the new group's creation and the old one's deletion fail once."""
    seed = yaml.safe_load(BUILTIN.read_text())
    seed["regions"][REGION]["failures"] = [
        {"cluster": CLUSTER, "nodeGroup": NEW, "on": "create", "code": "NodeCreationFailure"},
        {"cluster": CLUSTER, "nodeGroup": GROUP, "on": "delete", "code": "Ec2SecurityGroupDeletionFailure"},
    ]
    path = tmp_path / "seed.yaml"
    path.write_text(yaml.safe_dump(seed))
    with sandbox_server(tmp_path / "aws", "--seed", path) as aws:
        made = Project(tmp_path, ["--endpoint-url", aws.url])
        made.aws, made.calls = aws, aws.calls
        yield made


def test_a_creation_and_a_deletion_that_fail(unlucky):
    change_and_plan(unlucky)
    done = replace(unlucky, *FIRST, code=6)
    for fact in (f"{CLUSTER}/{NEW} is CREATE_FAILED", "NodeCreationFailure", "nodemint replace GROUP --as NEWNAME"):
        assert fact in done.err, str(done)
    blocked = replace(unlucky, *FIRST, code=4)
    for fact in ("CREATE_FAILED", f"nodemint replace {NEW} --as mng-3 --cluster {CLUSTER}"):
        assert fact in blocked.out, str(blocked)
    # What could not be created is replaced like any other.
    third = ("replace", NEW, "--as", "mng-3")
    replace(unlucky, *third)
    done = replace(unlucky, *third, "--delete-old")
    assert "it could not be created" in done.out, str(done)
    last = ("replace", GROUP, "--as", "mng-3", "--delete-old")
    done = replace(unlucky, *last, code=6)
    for fact in (f"{CLUSTER}/{GROUP} is DELETE_FAILED", "Ec2SecurityGroupDeletionFailure", "same command again"):
        assert fact in done.err, str(done)
    assert "it is DELETE_FAILED" in nothing_left(unlucky).out
    done = replace(unlucky, *last)
    assert "a deletion failed before (Ec2SecurityGroupDeletionFailure" in done.out, str(done)
    assert list(groups(unlucky)) == ["mng-3"]
    nothing_left(unlucky)


def test_a_group_of_a_spec_with_others(project):
    """A second group on the same template is blocked too: the first one is replaced all the same."""
    second = "\n  - name: workers\n" + project.spec.read_text().split("  - name: mng-1\n", 1)[1]
    project.spec.write_text(project.spec.read_text().rstrip("\n") + second)
    change_and_plan(project)
    blocked = project.run("plan", code=4)
    for name in (f"replace {GROUP} --as {NEW}", "replace workers --as workers-2"):
        assert name in blocked.out, str(blocked)
    replace(project, *FIRST)
    replace(project, "replace", "workers", "--as", "workers-2")
    replace(project, *SECOND)
    replace(project, "replace", "workers", "--as", "workers-2", "--delete-old")
    nothing_left(project)
    names = [group["name"] for group in project.json("status")["nodeGroups"]]
    assert names == [NEW, "workers-2"]
    (template,) = project.json("history", TEMPLATE)["launchTemplates"]
    assert [version["version"] for version in template["versions"]] == [2, 1], "one version for both"
