"""Killed anywhere, the same command again converges: no version twice, no second update, no lost group."""

import signal
import subprocess

import pytest
from story import (
    apply,
    change_type,
    describe_group,
    first_version,
    nothing_left,
    version_of,
    version_updates,
    versions,
)
from support import CLUSTER, DEADLINE, GROUP, TEMPLATE, Project, ended, interrupt, sandbox_server, wait_for


@pytest.fixture
def slow(tmp_path):
    """The embedded AWS at a speed at which there is a middle: an update takes some seconds."""
    with sandbox_server(tmp_path / "aws", speed=250) as aws:
        made = Project(tmp_path, ["--endpoint-url", aws.url])
        made.aws, made.calls = aws, aws.calls
        yield made


def start_apply(project, *arguments):
    return ended(project.start("apply", *arguments, "--yes", *project.quick))


def wait_for_call(project, operation, since):
    wait_for(f"a call of {operation}", lambda: operation in project.calls.operations(since))


def assert_converged(project, *, version, updates):
    nothing_left(project)
    group = describe_group(project.aws)
    assert (group["status"], version_of(group)) == ("ACTIVE", version)
    assert sorted(versions(project.aws)) == list(range(1, version + 1)), "a version was minted twice"
    found = version_updates(project.aws)
    assert [update["status"] for update in found] == ["Successful"] * updates, "an update was started twice"


@pytest.mark.parametrize("operation", ["CreateLaunchTemplate", "CreateNodegroup"])
def test_killed_while_it_creates(slow, operation):
    slow.run("resolve")
    mark = slow.calls.mark()
    with start_apply(slow) as process:
        wait_for_call(slow, operation, mark)
        process.kill()
        process.wait(DEADLINE)
    apply(slow)
    assert slow.calls.operations(mark) == ["CreateLaunchTemplate", "CreateNodegroup"]
    assert_converged(slow, version=1, updates=0)


@pytest.mark.parametrize("operation", ["CreateLaunchTemplateVersion", "UpdateNodegroupVersion"])
def test_killed_while_it_rolls(slow, operation):
    first_version(slow)
    change_type(slow)
    mark = slow.calls.mark()
    with start_apply(slow) as process:
        wait_for_call(slow, operation, mark)
        process.kill()
        process.wait(DEADLINE)
    apply(slow)
    assert slow.calls.operations(mark) == ["CreateLaunchTemplateVersion", "UpdateNodegroupVersion"]
    assert_converged(slow, version=2, updates=1)


@pytest.mark.parametrize("operation", ["CreateLaunchTemplateVersion", "UpdateNodegroupVersion"])
def test_killed_while_it_applies_a_saved_plan(slow, operation):
    """What the plan itself has done does not make it stale: the same command goes on, and at its end does nothing."""
    first_version(slow)
    change_type(slow)
    slow.run("plan", "--out", "plan.json")
    mark = slow.calls.mark()
    with start_apply(slow, "plan.json") as process:
        wait_for_call(slow, operation, mark)
        process.kill()
        process.wait(DEADLINE)
    for _ in range(2):
        apply(slow, "plan.json")
        assert_converged(slow, version=2, updates=1)
    assert slow.calls.operations(mark) == ["CreateLaunchTemplateVersion", "UpdateNodegroupVersion"]


def test_the_state_file_survives_a_kill(project):
    """--sandbox keeps what AWS has answered, even if the command dies a moment later."""
    project.run("resolve")
    with ended(project.start("apply", "--yes")) as process:
        wait_for("the launch template", lambda: "CreateLaunchTemplate" in project.calls.operations())
        process.kill()
        process.wait(DEADLINE)
    apply(project)
    nothing_left(project)
    (template,) = project.json("history", TEMPLATE)["launchTemplates"]
    assert [version["version"] for version in template["versions"]] == [1]


def test_not_waited_for_and_attached_later(slow):
    slow.run("resolve")
    done = apply(slow, "--no-wait", code=7)
    assert GROUP in done.err + done.out, str(done)
    assert describe_group(slow.aws)["status"] == "CREATING"
    mark = slow.calls.mark()
    done = apply(slow)
    assert f"following {CLUSTER}/{GROUP}" in done.err, str(done)
    assert slow.calls.writes(mark) == []

    change_type(slow)
    apply(slow, "--no-wait", code=7)
    assert describe_group(slow.aws)["status"] == "UPDATING"
    mark = slow.calls.mark()
    apply(slow)
    assert slow.calls.writes(mark) == []
    assert_converged(slow, version=2, updates=1)


@pytest.mark.parametrize("sign", ["SIGINT", "SIGTERM"])
def test_interrupted_by_a_signal(slow, sign):
    first_version(slow)
    change_type(slow)
    mark = slow.calls.mark()
    with start_apply(slow) as process:
        wait_for_call(slow, "UpdateNodegroupVersion", mark)
        if sign == "SIGINT":
            interrupt(process)
        else:
            process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 7, f"{process.returncode}\n{out}\n{err}"
    assert describe_group(slow.aws)["status"] == "UPDATING", "an update goes on in AWS"
    apply(slow)
    assert_converged(slow, version=2, updates=1)


def test_two_at_once_do_not_undo_each_other(slow):
    """Two pipelines apply the same change: one does it, the other follows or says that somebody is at it. A call
    with the same client token is no second update."""
    first_version(slow)
    change_type(slow)
    with start_apply(slow) as one, start_apply(slow) as other:
        codes = sorted(process.wait(DEADLINE) for process in (one, other))
    assert codes[0] == 0 and codes[1] in {0, 3}, codes
    apply(slow)
    assert_converged(slow, version=2, updates=1)


def test_the_server_ends_when_it_is_told_to(tmp_path):
    for sign in (signal.SIGINT, signal.SIGTERM):
        with sandbox_server(tmp_path / sign.name) as aws:
            aws.client("sts").get_caller_identity()
            aws.process.send_signal(sign)
            try:
                assert aws.process.wait(10) == 0
            except subprocess.TimeoutExpired as slow:
                raise AssertionError(f"it does not end on {sign.name}") from slow
