"""How the command behaves in a pipe, in a pipeline and at a terminal, whatever it has to say."""

import json
import os
import pty
import subprocess

import pytest
from story import change_type, first_version, second_version
from support import BIN, DEADLINE, GROUP, TEMPLATE, Project, ended, environment, no_ansi, run, wait_for

COMMANDS = [
    "validate", "resolve", "render", "plan", "apply", "rollback", "status", "outdated", "history", "export", "explain",
    "sandbox", "demo", "completions", "schema", "import", "set", "replace", "diff", "prune", "policy",
]  # fmt: skip
LATER = ["bake"]
# What answers with one JSON document.
READERS = [("validate",), ("plan",), ("status",), ("outdated",), ("history", TEMPLATE)]
READERS += [("diff", TEMPLATE, "1", "2"), ("prune", "--dry-run")]
READERS += [("render", "--out", "out"), ("resolve",)]
TOKEN = "s3cr3t-8f1c2a9d"


@pytest.fixture
def home(tmp_path):
    """A folder with nothing in it, and its environment."""
    return {"cwd": tmp_path, "env": environment(tmp_path)}


@pytest.mark.parametrize("command", COMMANDS)
def test_help(command, home):
    done = run([BIN, command, "--help"], **home)
    assert "Usage: nodemint" in done.out and done.err == ""
    assert no_ansi(done.out)


def test_help_lists_every_command_and_exit_code(home):
    text = run([BIN, "--help"], **home).out
    for command in COMMANDS:
        assert f"\n  {command} " in text
    for code in range(8):
        assert f"\n  {code}  " in text


def test_version(home):
    assert run([BIN, "--version"], **home).out.startswith("nodemint 0.")


def test_no_command_is_an_error(home):
    done = run([BIN], **home, code=1)
    assert "Usage" in done.err and done.out == ""


@pytest.mark.parametrize("command", LATER)
def test_later_commands_are_refused_by_name(command, home):
    done = run([BIN, command, "x", "--y"], **home, code=1)
    assert f"nodemint {command}" in done.err and "not supported yet" in done.err


# --- colours ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", READERS)
def test_a_pipe_gets_no_colours(project, command):
    second_version(project)
    done = project.run(*command)
    assert no_ansi(done.out) and no_ansi(done.err), str(done)


def test_errors_in_a_pipe_have_no_colours(project):
    project.edit("instanceType:", "instanceTyp:")
    done = project.run("validate", code=1)
    assert no_ansi(done.err) and done.out == ""


def test_colours_where_they_are_asked_for(project):
    project.run("resolve")
    assert not no_ansi(project.run("plan", "--color", "always").out)
    assert no_ansi(project.run("plan", "--color", "never").out)
    assert no_ansi(project.run("plan", env={"NO_COLOR": "1"}).out)
    assert not no_ansi(project.run("plan", "--color", "always", env={"NO_COLOR": "1"}).out), "a flag beats a variable"
    assert no_ansi(project.run("plan", "--color", "always", "--output", "json").out)


def at_a_terminal(project, *arguments, answer=None, **env):
    """What the command says at a terminal, and its exit code."""
    ours, theirs = pty.openpty()
    command = [str(part) for part in (BIN, *arguments, *project.flags)]
    process = subprocess.Popen(
        command,
        cwd=project.folder,
        env={**project.env, "TERM": "xterm-256color", **env},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    with ended(process):
        said = b""
        while True:
            try:
                more = os.read(ours, 65536)
            except OSError:  # the other side is closed
                more = b""
            if not more:
                break
            said += more
            if answer is not None and b"[y/N]" in said:
                os.write(ours, answer.encode() + b"\n")
                answer = None
        os.close(ours)
        return said.decode(), process.wait(DEADLINE)


def test_a_terminal_gets_colours_unless_it_does_not_want_them(project):
    project.run("resolve")
    assert not no_ansi(at_a_terminal(project, "plan")[0])
    assert no_ansi(at_a_terminal(project, "plan", NO_COLOR="1")[0])


@pytest.mark.parametrize(("answer", "code", "calls"), [("y", 0, 2), ("n", 1, 0), ("", 1, 0)])
def test_apply_asks(project, answer, code, calls):
    project.run("resolve")
    said, ended_with = at_a_terminal(project, "apply", answer=answer)
    assert "Apply this plan?" in said
    assert ended_with == code, said
    assert len(project.calls.operations()) == calls


# --- stdout, stderr, JSON ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", READERS)
def test_json_is_one_document_with_a_schema(project, command):
    second_version(project)
    done = project.run(*command, "--output", "json")
    document = json.loads(done.out)
    assert document["schema"].startswith("nodemint.dev/"), done.out[:200]
    assert snake_keys(document) == [], "keys are written like in the spec"


def snake_keys(value):
    """Keys with an underscore, other than those of maps that a user or AWS fills."""
    if isinstance(value, list):
        return [key for one in value for key in snake_keys(one)]
    if isinstance(value, dict):
        own = [key for key in value if "_" in key and "/" not in key and " " not in key]
        return own + [key for one in value.values() for key in snake_keys(one)]
    return []


def test_events_are_a_json_line_each(project):
    project.run("resolve")
    done = project.run("apply", "--yes", "--output", "json")
    events = [json.loads(line) for line in done.out.splitlines()]
    assert {event["schema"] for event in events} == {"nodemint.dev/event/v1"}
    kinds = [event["event"] for event in events]
    assert kinds[0] == "stepStarted" and "minted" in kinds and kinds[-2:] == ["groupActive", "runEnded"], kinds
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)


def test_answers_on_stdout_and_progress_on_stderr(project):
    project.run("resolve")
    done = project.run("apply", "--yes")
    assert "minted" in done.err and "minted" not in done.out
    assert "is created" in done.out and "is created, version" not in done.err
    change_type(project)
    quiet = project.run("apply", "--yes", "--quiet")
    assert quiet.err == "", str(quiet)


def test_a_plan_without_changes_is_an_answer(project):
    first_version(project)
    document = project.json("plan")
    assert (document["hasChanges"], document["blocked"], document["steps"]) == (False, False, [])


@pytest.mark.parametrize("command", [("history", TEMPLATE), ("plan",), ("completions", "bash"), ("schema", "spec")])
def test_a_reader_that_leaves_is_no_drama(project, command):
    first_version(project)
    process = project.start(*command, "--quiet")
    with ended(process):
        process.stdout.close()
        process.stdout = None
        _, err = process.communicate(timeout=DEADLINE)
        assert err == "" and process.returncode in {0, 1, 141, -13}, f"{process.returncode} {err}"


def test_quiet_and_verbose_do_not_go_together(project):
    project.run("plan", "-q", "-v", code=1)


def test_verbose_logs_calls_without_bodies(project):
    first_version(project)
    done = project.run("status", "-vv")
    assert project.run("status").out == done.out
    assert "UserData" not in done.err


# --- completions ------------------------------------------------------------------------------------------------


def test_completions(home):
    scripts = {shell: run([BIN, "completions", shell], **home).out for shell in ("bash", "zsh", "fish")}
    run(["bash", "-n"], **home, stdin=scripts["bash"])
    for shell, script in scripts.items():
        for command in COMMANDS:
            assert command in script, f"{command} is not in the completions for {shell}"
    assert scripts["zsh"].startswith("#compdef nodemint")
    assert all(line.startswith("complete -c nodemint") for line in scripts["fish"].splitlines() if '-a "plan"' in line)


def test_bash_completes(home):
    script = run([BIN, "completions", "bash"], **home).out
    ask = script + '\nCOMP_WORDS=(nodemint pl); COMP_CWORD=1; _nodemint nodemint pl nodemint; echo "${COMPREPLY[@]}"\n'
    assert "plan" in run(["bash"], **home, stdin=ask).out.split()


# --- where files are --------------------------------------------------------------------------------------------


def test_from_another_folder(project, tmp_path):
    """Files are relative to the spec, not to where one stands; the state of --sandbox is beside the spec."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    project.lock.unlink()
    for command in (["resolve"], ["apply", "--yes"], ["history", TEMPLATE]):
        run([BIN, "-f", project.spec, *command, "--sandbox"], cwd=elsewhere, env=project.env)
    assert list(elsewhere.iterdir()) == []
    assert project.lock.is_file() and (project.folder / ".nodemint/sandbox.json").is_file()


def test_another_lock(project, tmp_path):
    lock = tmp_path / "locks" / "one.lock"
    lock.parent.mkdir()
    lock.write_bytes(project.lock.read_bytes())
    project.lock.unlink()
    project.run("plan", "--lock", lock)
    project.run("plan", code=1)


def test_the_endpoint_from_the_environment(served):
    """AWS_ENDPOINT_URL works as in the AWS CLI, and the flag beats it."""
    served.run("resolve", flags=[], env={"AWS_ENDPOINT_URL": served.aws.url})
    served.run("status", flags=[], env={"AWS_ENDPOINT_URL": served.aws.url})
    served.run("status", env={"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})


def test_sandbox_and_endpoint_exclude_each_other(project):
    project.run("plan", "--endpoint-url", "http://127.0.0.1:9", code=1)


# --- secrets ----------------------------------------------------------------------------------------------------


@pytest.fixture
def secret(project):
    """A token in the user data: it belongs into the launch template, and nowhere else."""
    script = project.folder / "userdata/10-sysctl.sh"
    script.write_text(f"#!/bin/bash\nexport API_TOKEN={TOKEN}\n")
    return project


def leaks(done):
    """The token as it is, or in base64 at any offset."""
    import base64

    forms = {TOKEN}
    for pad in range(3):
        encoded = base64.b64encode(b"x" * pad + TOKEN.encode()).decode()
        forms.add(encoded[4 if pad else 0 : -4])
    return [form for form in forms if form in done.out + done.err]


def test_user_data_is_in_no_log_event_or_error(secret, tmp_path):
    """A terminal shows a person what changes in the user data. Nothing else does: not what machines keep."""
    runs = [secret.run("resolve", "-vv")]
    for form in ("json",):
        runs.append(secret.run("plan", "-vv", "--output", form))
        runs.append(secret.run("apply", "--yes", "-vv", "--output", form))
    script = secret.folder / "userdata/10-sysctl.sh"
    script.write_text(script.read_text() + "echo more\n")
    for form in ("json", "markdown", "text"):
        runs.append(secret.run("plan", "-vv", "--output", form))
    runs.append(secret.run("apply", "--yes", "-vv", "--output", "json"))
    for command in (("status",), ("history", TEMPLATE), ("rollback", GROUP, "--to", "1", "--yes")):
        runs.append(secret.run(*command, "-vv", "--output", "json"))
        runs.append(secret.run(*command, "-vv"))
    # An error that is about the user data itself.
    script.write_text(f"export API_TOKEN={TOKEN}\n" * 2000)
    runs.append(secret.run("validate", code=1))
    runs.append(secret.run("plan", "-vv", code=1))
    for done in runs:
        assert leaks(done) == [], f"{done.command}: {leaks(done)}"
    assert TOKEN not in secret.calls.path.read_text()


def test_a_broken_plan_file_does_not_show_its_content(secret):
    secret.run("resolve")
    secret.run("plan", "--out", "plan.json")
    plan = secret.folder / "plan.json"
    text = plan.read_text()
    for broken in (text.replace('"UserData": "', '"UserData": 7, "x": "', 1), text[: len(text) // 2], text + "x"):
        plan.write_text(broken)
        done = secret.run("apply", "plan.json", "--yes", code=1)
        assert leaks(done) == [], str(done)


def test_credentials_are_never_shown(tmp_path):
    project = Project(tmp_path, AWS_SECRET_ACCESS_KEY=TOKEN, AWS_SESSION_TOKEN=TOKEN)
    done = project.run("status", "-vv", "--endpoint-url", "http://127.0.0.1:9", code=1)
    assert leaks(done) == [], str(done)


def test_the_state_of_two_commands_at_once(project):
    """Two commands on one state file take turns, and neither undoes the other."""
    first_version(project)
    change_type(project)
    with ended(project.start("apply", "--yes", *project.quick)) as one, ended(project.start("status")) as other:
        assert wait_for("both end", lambda: one.poll() is not None and other.poll() is not None)
        assert (one.returncode, other.returncode) == (0, 0)
    project.run("plan", "--detailed-exitcode", code=0)
