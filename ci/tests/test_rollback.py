"""Rollbacks of many groups: one plan, every check before anything moves, pins for all of them."""

import pytest
import yaml
from story import apply, change_type, nothing_left, version_of
from support import CLUSTER, GROUP, REGION, ROOT, TEMPLATE, Project, ended, sandbox_server, wait_for

BUILTIN = ROOT / "builder/sandbox/seed/eksworkshop.yaml"
OTHER = """\
  - name: other
    family: AL2023
    ami: {eksOptimized: latest}
    instanceType: m5.large
    securityGroupIds: [sg-0123456789abcdef0]

nodeGroups:
"""
MORE = """
  - name: mng-2                         # the second
    cluster: eksworkshop
    launchTemplate: demo
    nodeRole: arn:aws:iam::111122223333:role/eksworkshop-node
    subnets: [subnet-0aa10000000000001]
    scaling: {min: 1, max: 3, desired: 1}
    labels: {team: a}
  - name: batch                         # on a template of its own
    cluster: eksworkshop
    launchTemplate: other
    nodeRole: arn:aws:iam::111122223333:role/eksworkshop-node
    subnets: [subnet-0aa10000000000001]
    scaling: {min: 1, max: 3, desired: 1}
    labels: {team: b}
"""


def three_groups(project):
    """Two groups on one launch template and one on another, all of them on version 2 of theirs."""
    text = project.spec.read_text().replace("nodeGroups:\n", OTHER, 1)
    project.spec.write_text(text.rstrip("\n") + MORE)
    project.run("resolve")
    apply(project)
    project.spec.write_text(project.spec.read_text().replace("instanceType: m5.large", "instanceType: m5.2xlarge"))
    apply(project)
    nothing_left(project)


def rollback(project, *more, code=0):
    return project.run("rollback", *more, "--yes", *project.quick, code=code)


def running(project):
    return {group["name"]: group["launchTemplateVersion"] for group in project.json("status")["nodeGroups"]}


def test_all_that_a_selector_fits(project):
    three_groups(project)
    comments = [line for line in project.spec.read_text().splitlines() if "#" in line]
    mark = project.calls.mark()
    looked = project.run("rollback", "--selector", "launchTemplate=de*,region=us-*", "--dry-run")
    assert f"Selected: {CLUSTER}/mng-1, {CLUSTER}/mng-2." in looked.err, str(looked)
    assert "2 node groups to roll" in looked.out and project.calls.writes(mark) == []
    document = project.json("rollback", "--selector", "label:team=*", "--dry-run")
    assert [group["name"] for group in document["nodeGroups"]] == ["mng-2", "batch"]

    done = rollback(project, "--selector", f"launchTemplate={TEMPLATE}", "--to", "1", "--write")
    assert project.calls.operations(mark) == ["UpdateNodegroupVersion"] * 2
    assert running(project) == {"mng-1": 1, "mng-2": 1, "batch": 2}
    for path in ("nodeGroups[0].launchTemplateVersion: 1", "nodeGroups[1].launchTemplateVersion: 1"):
        assert path in done.err, str(done)
    text = project.spec.read_text()
    assert [line for line in text.splitlines() if "#" in line] == comments, "the spec's comments are kept"
    assert [group.get("launchTemplateVersion") for group in yaml.safe_load(text)["nodeGroups"]] == [1, 1, None]
    nothing_left(project)
    # Again, and of every group by two selectors: what is there already stays.
    mark = project.calls.mark()
    rollback(project, "--selector", "name=mng-*", "--selector", "cluster=*,label:team=a", "--to", "1")
    assert project.calls.writes(mark) == []


def test_named_groups_without_a_pin(project):
    three_groups(project)
    project.edit("    launchTemplate: other\n", "    launchTemplate: other\n    launchTemplateVersion: 2\n")
    before = project.files()
    done = rollback(project, "batch", f"{CLUSTER}/mng-1")
    order = [done.err.index(f"rolling node group {CLUSTER}/{name}") for name in ("mng-1", "batch")]
    assert order == sorted(order), "in the spec's order"
    assert done.err.count("note:") == 1
    for fact in (
        "does not pin these versions",
        f"nodeGroups[0].launchTemplateVersion: 1   ({CLUSTER}/mng-1)",
        f"nodeGroups[2].launchTemplateVersion: 1   ({CLUSTER}/batch, which is pinned to 2: the next apply moves it",
    ):
        assert fact in done.err, str(done)
    assert project.files() == before and running(project) == {"mng-1": 1, "mng-2": 2, "batch": 1}
    planned = project.run("plan", "--detailed-exitcode", code=2)
    assert "2 node groups to roll" in planned.out, str(planned)


def test_everything_in_the_way_is_told_and_nothing_moves(project):
    three_groups(project)
    mark = project.calls.mark()
    done = rollback(project, "mng-1", "mng-2", "batch", "mng-7", "--cluster", CLUSTER, "--to", "9", code=4)
    for fact in (
        f"{CLUSTER}/mng-1: launch template demo has no version 9; it has 2, 1",
        f"{CLUSTER}/mng-2: launch template demo has no version 9",
        f"{CLUSTER}/batch: launch template other has no version 9",
        f"{CLUSTER}/mng-7: node group {CLUSTER}/mng-7 does not exist",
    ):
        assert fact in done.out, str(done)
    done = rollback(project, "--selector", "name=*", "--to", "1", code=4)
    for fact in ("version 1 is not one version", f"{REGION}/{TEMPLATE}, {REGION}/other", "--to previous"):
        assert fact in done.out, str(done)
    document = project.json("rollback", "--selector", "name=*", "--to", "1", code=4)
    assert document["blockers"][0]["subject"] == "--to", "in JSON too"
    assert project.calls.writes(mark) == []


REFUSED = {
    "nothing to do it to": ((), ("no node group is named", "--selector")),
    "no group of this name, twice": (("mng-8", "mng-9"), ("`mng-8`", "`mng-9`", "it has batch, mng-1, mng-2")),
    "a selector that fits nothing": (
        ("--selector", "cluster=green"),
        ("no node group of the spec fits `cluster=green`", f"{CLUSTER}/batch (launch template other)"),
    ),
    "an unknown key": (("--selector", "cluter=green"), ("`cluter` is no key", "label:KEY")),
    "no selector": (("--selector", "green"), ("`green` is not KEY=VALUE",)),
    "a cluster for a selector": (("--selector", "name=*", "--cluster", CLUSTER), ("--cluster",)),
    "no cluster of this name": (("green/mng-1",), ("the spec has no cluster `green`",)),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_before_anything_is_asked(project, what):
    arguments, said = REFUSED[what]
    text = project.spec.read_text().replace("nodeGroups:\n", OTHER, 1)
    project.spec.write_text(text.rstrip("\n") + MORE)
    mark = project.calls.mark()
    done = project.run("rollback", *arguments, "--yes", code=1)
    for fact in said:
        assert fact in done.err, str(done)
    assert project.calls.mark() == mark


def test_a_version_of_the_other_image_mode(project):
    """EKS's words, and the way that there is."""
    three_groups(project)
    project.edit("pinnedBy: launchTemplate ", "pinnedBy: releaseVersion ")
    project.run("resolve")
    for name in ("mng-1", "mng-2"):
        project.run("replace", name, "--as", f"{name}-b", "--yes", *project.quick)
    mark = project.calls.mark()
    done = rollback(project, "mng-1-b", "mng-2-b", "--to", "1", code=4)
    for fact in (
        "You cannot specify an image id within the launch template",
        f"nodemint replace mng-1-b --as NEWNAME --cluster {CLUSTER}",
        f"nodemint replace mng-2-b --as NEWNAME --cluster {CLUSTER}",
        "launchTemplateVersion: 1",
    ):
        assert fact in done.out, str(done)
    assert project.calls.writes(mark) == []


@pytest.fixture
def unlucky(tmp_path):
    seed = yaml.safe_load(BUILTIN.read_text())
    seed["regions"][REGION]["failures"] = [
        {"cluster": CLUSTER, "nodeGroup": "mng-2", "on": "drain", "code": "PodEvictionFailure", "times": 2}
    ]
    path = tmp_path / "seed.yaml"
    path.write_text(yaml.safe_dump(seed))
    with sandbox_server(tmp_path / "aws", "--seed", path, speed=1200) as aws:
        made = Project(tmp_path, ["--endpoint-url", aws.url])
        made.aws, made.calls = aws, aws.calls
        yield made


def test_the_first_failure_ends_the_run(unlucky):
    text = unlucky.spec.read_text().replace("nodeGroups:\n", OTHER, 1)
    unlucky.spec.write_text(text.rstrip("\n") + MORE)
    unlucky.run("resolve")
    apply(unlucky)
    unlucky.spec.write_text(unlucky.spec.read_text().replace("m5.large", "m5.2xlarge"))
    # The first strike meets the way forward.
    done = apply(unlucky, code=5)
    for fact in (f"(finished: {CLUSTER}/mng-1)", f"not begun: roll node group {CLUSTER}/batch"):
        assert fact in done.err, str(done)
    eks = unlucky.aws.client("eks")
    eks.update_nodegroup_version(
        clusterName=CLUSTER, nodegroupName="mng-2", launchTemplate={"name": TEMPLATE, "version": "2"}, force=True
    )

    def forward():
        group = eks.describe_nodegroup(clusterName=CLUSTER, nodegroupName="mng-2")["nodegroup"]
        return group["status"] == "ACTIVE" and version_of(group) == 2

    wait_for("mng-2 is on version 2", forward)
    apply(unlucky)

    done = rollback(unlucky, "--selector", "name=*", "--write", code=5)
    for fact in (f"(finished: {CLUSTER}/mng-1)", f"not begun: roll node group {CLUSTER}/batch"):
        assert fact in done.err, str(done)
    assert running(unlucky) == {"mng-1": 1, "mng-2": 2, "batch": 2}
    # The pins were written first: the same command or apply goes on with it.
    pinned = [group["launchTemplateVersion"] for group in yaml.safe_load(unlucky.spec.read_text())["nodeGroups"]]
    assert pinned == [1, 1, 1]
    apply(unlucky)
    assert running(unlucky) == {"mng-1": 1, "mng-2": 1, "batch": 1}
    nothing_left(unlucky)


def test_killed_and_finished_by_apply(tmp_path):
    with sandbox_server(tmp_path / "aws", speed=250) as aws:
        project = Project(tmp_path, ["--endpoint-url", aws.url])
        project.aws, project.calls = aws, aws.calls
        project.run("resolve")
        apply(project)
        change_type(project)
        apply(project)
        mark = project.calls.mark()
        with ended(project.start("rollback", GROUP, "--to", "1", "--write", "--yes", *project.quick)) as process:
            wait_for("the roll", lambda: "UpdateNodegroupVersion" in project.calls.operations(mark))
            process.kill()
            process.wait()
        apply(project)
        assert project.calls.operations(mark) == ["UpdateNodegroupVersion"], "and nothing rolls forward"
        assert running(project) == {GROUP: 1}
        nothing_left(project)
