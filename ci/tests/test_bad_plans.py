"""Saved plans that are not what they were, and an account that is not what it was: told with what moved, and nothing
is written on the way."""

import base64
import json
import time

import pytest
import yaml
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
    versions,
)
from support import CLUSTER, GROUP, REGION, ROOT, SPEED, TEMPLATE, Project, sandbox_server, wait_for

BUILTIN = ROOT / "builder/sandbox/seed/eksworkshop.yaml"
# What the golden case's script has, as plain text and as it is in a plan.
CONTENT = ("vm.max_map_count", "c3lzY3Rs")


@pytest.fixture
def served(tmp_path):
    """The golden case against `nodemint sandbox`, at a speed at which a roll takes a moment."""
    with sandbox_server(tmp_path / "aws", speed=10 * SPEED) as aws:
        made = Project(tmp_path, ["--endpoint-url", aws.url])
        made.aws, made.calls = aws, aws.calls
        yield made


def saved_plan(project, *more):
    first_version(project)
    change_type(project)
    return project.run("plan", "--out", "plan.json", *more)


def refused(project, *said, code, arguments=("plan.json",), **kwargs):
    """The plan is refused with these words; nothing is written, and no user data is shown."""
    before, mark = project.files(), project.calls.mark()
    done = project.run("apply", *arguments, "--yes", *project.quick, code=code, **kwargs)
    for fact in said:
        assert fact in done.err, f"{fact!r} is not said\n{done}"
    for secret in CONTENT:
        assert secret not in done.out + done.err, f"user data is shown\n{done}"
    assert "panicked" not in done.err
    assert project.files() == before, "it wrote in the project"
    assert project.calls.writes(mark) == [], "it wrote in AWS"
    return done


# --- the file ---------------------------------------------------------------------------------------------------


def test_a_plan_says_what_it_is(project):
    done = saved_plan(project)
    path = project.folder / "plan.json"
    assert path.stat().st_mode & 0o777 == 0o600
    document = json.loads(path.read_text())
    assert document["hasChanges"] is True and document["expires"][:16].replace("T", " ") in done.err
    assert sorted(document["inputs"]) == ["files", "lock", "spec"]
    assert list(document["inputs"]["files"]) == ["userdata/10-sysctl.sh"]
    plan = document["plan"]
    assert list(plan["accounts"].values()) == ["111122223333"]
    assert f"cluster {CLUSTER}" in plan["base"]["facts"]
    (template,) = plan["launchTemplates"]
    assert template["hash"].startswith("v1:sha256:") and template["image"]["releaseVersion"]
    apply(project, "plan.json")
    nothing_left(project)


def test_a_plan_cut_anywhere_or_edited(project):
    saved_plan(project)
    path = project.folder / "plan.json"
    whole = path.read_text()
    ends = [at for at, letter in enumerate(whole) if letter == "\n"]
    for end in sorted({0, 1, len(whole) - 1, *ends[:: len(ends) // 12]}):
        path.write_text(whole[:end])
        refused(project, "plan.json", "nodemint plan --out", code=1)
    for old, new in [
        (NEW_TYPE, "m5.4xlarge"),
        ('"hasChanges": true', '"hasChanges": false'),
        ("111122223333", "444455556666"),
        ('"expires": "2', '"expires": "3'),
    ]:
        assert old in whole
        path.write_text(whole.replace(old, new))
        refused(project, "plan.json", "edited", "nodemint plan --out", code=1)
    path.write_text(whole)
    apply(project, "plan.json")
    nothing_left(project)


def test_a_plan_of_another_nodemint(project):
    saved_plan(project)
    path = project.folder / "plan.json"
    whole = path.read_text()
    path.write_text(whole.replace("saved-plan/v1", "saved-plan/v2"))
    refused(project, "saved-plan/v2", "of a newer nodemint", code=1)
    path.write_text(whole.replace('"nodemint": "', '"nodemint": "99.'))
    refused(project, "nodemint 99.", "and this is nodemint", code=1)
    path.write_text(project.run("plan", "--output", "json").out)
    refused(project, "plan --output json", "no user data", "nodemint plan --out", code=1)


def test_a_plan_has_its_time(served):
    saved_plan(served, "--expires-in", "1s")
    expires = json.loads((served.folder / "plan.json").read_text())["expires"]
    wait_for("its end", lambda: time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - 1)) > expires)
    refused(served, "expired at", "--expires-in", "nodemint plan --out", code=3)
    served.run("plan", "--out", "plan.json", "--expires-in", "7d")
    apply(served, "plan.json")
    nothing_left(served)
    for wrong in ("0s", "soon", "91d", "-2h"):
        done = served.run("plan", "--out", "other.json", f"--expires-in={wrong}", code=1)
        assert "such as 30m, 2h or 7d" in done.err, str(done)


# --- what it was made from --------------------------------------------------------------------------------------


def edit_comment(project):
    project.spec.write_text(project.spec.read_text() + "# a comment\n")


def edit_lock(project):
    project.lock.write_text(project.lock.read_text() + "# a comment\n")


def edit_script(project):
    path = project.folder / "userdata/10-sysctl.sh"
    path.write_text(path.read_text() + "true\n")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (edit_comment, "nodemint.yaml: changed since"),
        (edit_lock, "nodemint.lock: changed since"),
        (edit_script, "userdata/10-sysctl.sh: changed since"),
        (lambda project: project.lock.unlink(), "nodemint.lock: is gone"),
        (lambda project: (project.folder / "userdata/10-sysctl.sh").unlink(), "userdata/10-sysctl.sh: is gone"),
    ],
    ids=["spec", "lock", "script", "no lock", "no script"],
)
def test_other_files_than_the_plans(project, change, said):
    saved_plan(project)
    change(project)
    refused(project, "made from other files", said, "nodemint plan --out", code=3)


def test_another_fleet_another_region_another_aws(served):
    saved_plan(served)
    refused(served, "us-east-1", "eu-west-1", code=1, arguments=("plan.json", "--region", "eu-west-1"))
    other = [*served.flags[:-1], served.flags[-1] + "/"]
    refused(served, "made against", "talks to", served.flags[-1], code=1, flags=other)
    whole = served.spec.read_text()
    served.spec.write_text(whole.replace("metadata: {name: eksworkshop}", "metadata: {name: other}"))
    assert served.spec.read_text() != whole
    refused(served, "fleet `eksworkshop`", "this is `other`", "nodemint.yaml: changed", code=3)
    # Where no spec is, a plan is applied by itself.
    served.spec.unlink()
    served.lock.unlink()
    apply(served, "plan.json")
    assert version_of(describe_group(served.aws)) == 2


def test_a_plan_without_changes_and_one_that_was_applied(served):
    saved_plan(served)
    apply(served, "plan.json")
    mark = served.calls.mark()
    done = apply(served, "plan.json")
    assert "done before" in done.err and "Applied" not in done.err, str(done)
    served.run("plan", "--out", "nothing.json")
    assert json.loads((served.folder / "nothing.json").read_text())["hasChanges"] is False
    done = apply(served, "nothing.json")
    assert "Nothing to do" in done.err, str(done)
    assert served.calls.writes(mark) == []
    nothing_left(served)


# --- meanwhile --------------------------------------------------------------------------------------------------


def test_the_launch_template_was_deleted_meanwhile(served):
    saved_plan(served)
    served.aws.cli("ec2", "delete-launch-template", "--launch-template-name", TEMPLATE)
    refused(served, f"launch template {REGION}/{TEMPLATE} exists: yes → no", code=3)
    # Another one of that name is not the one of the plan.
    served.aws.cli(
        "ec2", "create-launch-template", "--launch-template-name", TEMPLATE,
        "--launch-template-data", '{"InstanceType": "m5.large"}',
    )  # fmt: skip
    refused(served, f"launch template {REGION}/{TEMPLATE} id: lt-", f"{TEMPLATE} owner: eksworkshop → nothing", code=3)


def test_the_version_was_deleted_meanwhile(served):
    """A plan moves the group to a version that is there; then it is not."""
    second_version(served)
    change_type(served, NEW_TYPE, OLD_TYPE)
    served.run("plan", "--out", "plan.json")
    served.aws.cli("ec2", "modify-launch-template", "--launch-template-name", TEMPLATE, "--default-version", "2")
    served.aws.cli("ec2", "delete-launch-template-versions", "--launch-template-name", TEMPLATE, "--versions", "1")
    refused(served, f"{TEMPLATE} version 1: there → deleted", code=3)
    apply(served)
    assert sorted(versions(served.aws)) == [2, 3]
    nothing_left(served)


def test_the_content_of_a_deleted_version_is_wanted_again(served):
    """EC2 answers a token that it knows with the version that was deleted."""
    second_version(served)
    change_type(served, NEW_TYPE, OLD_TYPE)
    apply(served)
    served.aws.cli("ec2", "delete-launch-template-versions", "--launch-template-name", TEMPLATE, "--versions", "2")
    change_type(served)
    apply(served)
    assert version_of(describe_group(served.aws)) == 3
    nothing_left(served)


def test_settings_were_changed_meanwhile(served):
    """How many nodes go at a time is what the plan has shown."""
    saved_plan(served)
    served.aws.cli(
        "eks", "update-nodegroup-config", "--cluster-name", CLUSTER, "--nodegroup-name", GROUP,
        "--update-config", "maxUnavailable=2",
    )  # fmt: skip
    wait_for("it", lambda: describe_group(served.aws)["status"] == "ACTIVE")
    refused(served, "updateSettings: maxUnavailable 1, DEFAULT → maxUnavailable 2", code=3)


def test_user_data_that_nobody_can_read(served):
    """Somebody else's version has bytes for user data: nothing fails for it."""
    first_version(served)
    garbage = base64.b64encode(b"\x1f\x8b\x08\x00garbage\xff\xfe\x00").decode()
    served.aws.cli(
        "ec2", "create-launch-template-version", "--launch-template-name", TEMPLATE, "--source-version", "1",
        "--launch-template-data", json.dumps({"UserData": garbage}),
    )  # fmt: skip
    nothing_left(served)
    for command in (("history", TEMPLATE), ("status",), ("export", TEMPLATE)):
        for output in ("text", "json"):
            served.run(*command, "--output", output)
    explained = served.run("explain", f"{TEMPLATE}:2", code=None)
    assert explained.code in {0, 4} and "panicked" not in explained.err, str(explained)
    # The group runs it: what the plan compares with cannot be read either.
    served.aws.cli(
        "eks", "update-nodegroup-version", "--cluster-name", CLUSTER, "--nodegroup-name", GROUP,
        "--launch-template", f"name={TEMPLATE},version=2",
    )  # fmt: skip
    wait_for("it", lambda: describe_group(served.aws)["status"] == "ACTIVE")
    for output in ("text", "json", "markdown"):
        served.run("plan", "--output", output)


# --- limits -----------------------------------------------------------------------------------------------------


@pytest.fixture
def limited(tmp_path):
    seed = yaml.safe_load(BUILTIN.read_text())
    seed["regions"][REGION]["quotas"] = {"launchTemplates": 1, "launchTemplateVersions": 2}
    path = tmp_path / "seed.yaml"
    path.write_text(yaml.safe_dump(seed))
    with sandbox_server(tmp_path / "aws", "--seed", path, speed=10 * SPEED) as aws:
        made = Project(tmp_path, ["--endpoint-url", aws.url])
        made.aws, made.calls = aws, aws.calls
        yield made


def test_the_quota_of_versions(limited):
    second_version(limited)
    change_type(limited, NEW_TYPE, "m5.xlarge")
    done = limited.run("apply", "--yes", *limited.quick, code=1)
    for fact in ("MaxTemplateVersionLimitExceeded", "maximum of 2 versions", "nodemint prune", "Until then: nothing"):
        assert fact in done.err, str(done)
    assert version_of(describe_group(limited.aws)) == 2
    # Room is made, and the same command goes on.
    limited.aws.cli("ec2", "modify-launch-template", "--launch-template-name", TEMPLATE, "--default-version", "2")
    limited.aws.cli("ec2", "delete-launch-template-versions", "--launch-template-name", TEMPLATE, "--versions", "1")
    apply(limited)
    nothing_left(limited)


def test_the_quota_of_launch_templates(limited):
    limited.run("resolve")
    limited.aws.cli(
        "ec2", "create-launch-template", "--launch-template-name", "others",
        "--launch-template-data", '{"InstanceType": "m5.large"}',
    )  # fmt: skip
    done = limited.run("apply", "--yes", *limited.quick, code=1)
    for fact in ("MaxTemplateLimitExceeded", "maximum of 1 launch templates", "delete launch templates"):
        assert fact in done.err, str(done)
    limited.aws.cli("ec2", "delete-launch-template", "--launch-template-name", "others")
    apply(limited)
    nothing_left(limited)


def test_a_description_is_never_too_long(served):
    """255 characters are EC2's limit, and the sandbox's."""
    served.env["NODEMINT_ORIGIN"] = "https://example.com/ä/" * 40
    first_version(served)
    (version,) = versions(served.aws).values()
    description = version["VersionDescription"]
    assert description.startswith("nodemint v1:sha256:") and len(description) <= 255
    ec2 = served.aws.client("ec2")
    for length, code in ((255, None), (256, "InvalidParameterValue")):
        call = {"LaunchTemplateName": TEMPLATE, "LaunchTemplateData": {"InstanceType": "m5.large"}}
        try:
            ec2.create_launch_template_version(VersionDescription="x" * length, **call)
            assert code is None, "EC2 takes no more than 255 characters"
        except ec2.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == code, str(error)


# --- what a run says at its end ---------------------------------------------------------------------------------


def test_the_end_says_what_was_done_and_how_to_go_back(served):
    first_version(served)
    change_type(served)
    done = apply(served)
    assert ": 1 version minted, 1 node group rolled." in done.err, str(done)
    assert f"To go back: nodemint rollback {GROUP} --to 1\n" in done.err, str(done)
    served.run("rollback", GROUP, "--to", "1", "--yes", *served.quick)
    done = apply(served)
    assert "minted" not in done.err and "1 node group rolled." in done.err, str(done)
