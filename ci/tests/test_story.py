"""Resolve, plan, apply, change, apply, roll back: against the embedded AWS in both its forms, and told once more
by the `aws` CLI and boto3."""

import pytest
from story import (
    NEW_TYPE,
    OLD_TYPE,
    apply,
    change_type,
    describe_group,
    first_version,
    nothing_left,
    second_version,
    version_of,
    version_updates,
    versions,
)
from support import CLUSTER, GROUP, TEMPLATE


def test_the_story(either):
    project = either
    step_1_resolve(project)
    step_2_create(project)
    step_3_change(project)
    step_4_again(project)
    step_5_roll_back(project)


def step_1_resolve(project):
    project.lock.unlink()
    done = project.run("resolve")
    assert project.lock.is_file(), str(done)
    lock = project.lock.read_text()
    parameter = "/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/x86_64/standard/recommended"
    for fact in (parameter, "gr7.us-east-1.eks.amazonaws.com", "10.100.0.0/16", "ami-"):
        assert fact in lock
    again = project.run("resolve")  # what is locked stays
    assert project.lock.read_text() == lock, f"a second resolve moved the lock\n{again}"
    project.run("resolve", "--check", code=0)
    assert project.calls.writes() == []


def step_2_create(project):
    planned = project.run("plan", "--detailed-exitcode", code=2)
    for fact in (f"launch template {TEMPLATE}", "is created, version 1", f"{CLUSTER}/{GROUP} is created"):
        assert fact in planned.out, str(planned)
    assert project.calls.writes() == [], "a plan wrote"
    done = apply(project)
    assert f"active node group {CLUSTER}/{GROUP} on version 1" in done.err, str(done)
    assert project.calls.operations() == ["CreateLaunchTemplate", "CreateNodegroup"]
    nothing_left(project)


def step_3_change(project):
    change_type(project)
    planned = project.run("plan", "--detailed-exitcode", code=2)
    for fact in (OLD_TYPE, NEW_TYPE, f"{CLUSTER}/{GROUP} rolls from version 1", "2 nodes are replaced"):
        assert fact in planned.out, str(planned)
    document = project.json("plan")
    (template,) = document["launchTemplates"]
    changes = [(change["path"], change["from"], change["to"]) for change in template["changes"]]
    assert changes == [("InstanceType", OLD_TYPE, NEW_TYPE)], "one field was changed"
    (group,) = document["nodeGroups"]
    assert group["forecast"]["nodes"] == 2 and group["forecast"]["surge"] >= 1
    mark = project.calls.mark()
    done = apply(project)
    assert project.calls.operations(mark) == ["CreateLaunchTemplateVersion", "UpdateNodegroupVersion"]
    for fact in ("version 2", "1/2 old node", "2/2 old node", f"active node group {CLUSTER}/{GROUP} on version 2"):
        assert fact in done.err, str(done)
    nothing_left(project)


def step_4_again(project):
    mark = project.calls.mark()
    done = project.run("apply", code=0)
    assert "Nothing to do" in done.out + done.err, str(done)
    assert project.calls.mark() > mark, "it did not look"
    assert project.calls.writes(mark) == []


def step_5_roll_back(project):
    mark = project.calls.mark()
    done = project.run("rollback", GROUP, "--to", "1", "--yes", *project.quick)
    assert f"active node group {CLUSTER}/{GROUP} on version 1" in done.err, str(done)
    assert project.calls.operations(mark) == ["UpdateNodegroupVersion"], "a rollback mints nothing"
    history = project.run("history", TEMPLATE).out
    for fact in (OLD_TYPE, NEW_TYPE, GROUP):
        assert fact in history, history
    shown = history_of(project)
    assert list(shown) == [2, 1], "newest first"
    assert shown[1]["hash"] != shown[2]["hash"]
    assert (shown[1]["usedBy"], shown[2]["usedBy"]) == ([f"{CLUSTER}/{GROUP}"], [])
    assert [change["path"] for change in shown[2]["changes"]] == ["InstanceType"]


def history_of(project):
    """Version number → what our history says of it, in its order."""
    (template,) = project.json("history", TEMPLATE)["launchTemplates"]
    return {version["version"]: version for version in template["versions"]}


def test_rollback_with_write_pins_the_version(project):
    second_version(project)
    comments = [line for line in project.spec.read_text().splitlines() if "#" in line]
    project.run("rollback", GROUP, "--to", "previous", "--yes", "--write")
    text = project.spec.read_text()
    assert "launchTemplateVersion: 1" in text
    assert [line for line in text.splitlines() if "#" in line] == comments, "the spec's comments are kept"
    nothing_left(project)


def test_without_the_pin_the_next_plan_rolls_forward_again(project):
    second_version(project)
    project.run("rollback", GROUP, "--to", "1", "--yes")
    planned = project.run("plan", "--detailed-exitcode", code=2)
    assert "rolls from version 1" in planned.out
    mark = project.calls.mark()
    apply(project)
    assert project.calls.operations(mark) == ["UpdateNodegroupVersion"], "version 2 was there already"


def test_a_saved_plan_is_what_is_applied(project, tmp_path):
    first_version(project)
    change_type(project)
    plan = tmp_path / "plan.json"
    project.run("plan", "--out", plan)
    assert plan.stat().st_mode & 0o077 == 0, "a plan file holds the user data, so only its owner may read it"
    change_type(project, NEW_TYPE, "m5.xlarge")
    refused = project.run("apply", plan, "--yes", code=3)
    assert "nodemint.yaml: changed since" in refused.err, str(refused)
    # Where nothing is checked out, the plan is all there is.
    project.run("apply", plan, "--yes", "--file", tmp_path / "no-such.yaml")
    (group,) = project.json("status")["nodeGroups"]
    assert group["launchTemplateVersion"] == 2
    planned = project.run("plan", code=0)
    assert NEW_TYPE in planned.out and "m5.xlarge" in planned.out, "what was applied is the saved plan, not the spec"


def test_the_aws_cli_and_boto3_tell_the_same_story(served):
    second_version(served)
    cli = served.aws.cli
    group = cli("eks", "describe-nodegroup", "--cluster-name", CLUSTER, "--nodegroup-name", GROUP)["nodegroup"]
    assert (group["status"], version_of(group), group["amiType"]) == ("ACTIVE", 2, "CUSTOM")
    assert group["labels"] == {"role": "managed-ng-worker"}
    assert group["scalingConfig"] == {"minSize": 1, "maxSize": 3, "desiredSize": 2}

    ids = cli("eks", "list-updates", "--name", CLUSTER, "--nodegroup-name", GROUP)["updateIds"]
    assert len(ids) == 1
    named = ("--name", CLUSTER, "--nodegroup-name", GROUP, "--update-id", ids[0])
    update = cli("eks", "describe-update", *named)["update"]
    assert (update["type"], update["status"]) == ("VersionUpdate", "Successful")
    assert {"type": "LaunchTemplateVersion", "value": "2"} in update["params"]

    answer = cli("ec2", "describe-launch-template-versions", "--launch-template-name", TEMPLATE)
    theirs = {version["VersionNumber"]: version for version in answer["LaunchTemplateVersions"]}
    types = {number: version["LaunchTemplateData"]["InstanceType"] for number, version in theirs.items()}
    assert types == {1: OLD_TYPE, 2: NEW_TYPE}
    assert versions(served.aws).keys() == theirs.keys(), "boto3 sees what the CLI sees"

    ours = history_of(served)
    assert ours.keys() == theirs.keys()
    for number, version in ours.items():
        assert version["hash"] in theirs[number]["VersionDescription"]
        assert theirs[number]["LaunchTemplateData"]["MetadataOptions"]["HttpTokens"] == "required"
    (status,) = served.json("status")["nodeGroups"]
    assert (status["name"], status["cluster"], status["status"]) == (GROUP, CLUSTER, "ACTIVE")
    assert int(status["launchTemplateVersion"]) == version_of(group)

    served.run("rollback", GROUP, "--to", "1", "--yes", *served.quick)
    assert version_of(describe_group(served.aws)) == 1
    assert [update["status"] for update in version_updates(served.aws)] == ["Successful", "Successful"]


def test_what_others_mint_is_never_mistaken_for_ours(served):
    first_version(served)
    served.aws.cli(
        "ec2", "create-launch-template-version", "--launch-template-name", TEMPLATE, "--source-version", "1",
        "--launch-template-data", '{"InstanceType": "m5.xlarge"}',
    )  # fmt: skip
    nothing_left(served)
    assert [number for number, version in history_of(served).items() if version["usedBy"]] == [1]
    change_type(served)
    apply(served)
    assert version_of(describe_group(served.aws)) == 3
    assert versions(served.aws)[3]["LaunchTemplateData"]["InstanceType"] == NEW_TYPE


@pytest.mark.parametrize("variant", ["json", "markdown"])
def test_other_forms_of_the_plan_say_the_same(project, variant):
    first_version(project)
    change_type(project)
    shown = project.run("plan", "--output", variant).out
    for fact in (OLD_TYPE, NEW_TYPE, TEMPLATE, GROUP):
        assert fact in shown


def test_demo_tells_the_story_and_leaves_a_project(tmp_path):
    from support import BIN, environment, run

    folder = tmp_path / "demo"
    env = environment(tmp_path, AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, AWS_DEFAULT_REGION=None)
    done = run([BIN, "demo", "--fast", "--dir", folder], cwd=tmp_path, env=env, timeout=30)
    said = done.out + done.err
    for fact in (OLD_TYPE, NEW_TYPE, "version 2", str(folder)):
        assert fact in said, str(done)
    assert (folder / "nodemint.yaml").is_file() and (folder / "nodemint.lock").is_file()
    # A newcomer goes on from there.
    history = run([BIN, "history", TEMPLATE, "--sandbox"], cwd=folder, env=env)
    assert NEW_TYPE in history.out
    run([BIN, "validate"], cwd=folder, env=env)
    # A folder that is there is never written over.
    again = run([BIN, "demo", "--fast", "--dir", folder], cwd=tmp_path, env=env, code=1)
    assert str(folder) in again.err
