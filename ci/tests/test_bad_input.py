"""What is wrong is told with its place, its cause and its cure; the exit code says which kind it is; and nothing was
written, neither in the project nor in AWS."""

import dataclasses
import json
import os
from collections.abc import Callable

import pytest
from story import apply, change_type, first_version, second_version
from support import CLUSTER, GROUP, TEMPLATE, free_port

SPEC = """\
apiVersion: nodemint.dev/v1alpha1
kind: Fleet
metadata: {name: eksworkshop}
clusters:
  - {name: eksworkshop, region: us-east-1}
launchTemplates:
  - name: demo
    family: AL2023
    arch: x86_64
    ami:
      eksOptimized: latest
    instanceType: m5.large
    securityGroupIds: [sg-0123456789abcdef0]
    userData:
      preBootstrap:
        - file: userdata/10-sysctl.sh
nodeGroups:
  - name: mng-1
    cluster: eksworkshop
    launchTemplate: demo
    nodeRole: arn:aws:iam::111122223333:role/eksworkshop-node
    subnets: [subnet-0aa10000000000001, subnet-0bb20000000000002]
    scaling: {min: 1, max: 3, desired: 2}
    update: {maxUnavailable: 1}
"""


@dataclasses.dataclass(frozen=True)
class Row:
    """A wrong input, the command that meets it, and what must be said."""

    prepare: Callable
    command: tuple
    code: int
    said: tuple


def line_of(text):
    """Where a line of SPEC is, as errors say it."""
    (number,) = [n for n, line in enumerate(SPEC.splitlines(), 1) if text in line]
    return f"nodemint.yaml:{number}:"


def change(old, new):
    return lambda project: project.edit(old, new)


def nothing(project):
    pass


def remove(name):
    return lambda project: (project.folder / name).unlink()


def unreadable(name):
    """Not by its mode: root reads everything. A folder is no file for anybody."""

    def prepare(project):
        (project.folder / name).unlink()
        (project.folder / name).mkdir()

    return prepare


def write(name, content):
    return lambda project: (project.folder / name).write_bytes(content)


def cut_lock(project):
    text = project.lock.read_bytes()
    project.lock.write_bytes(text[: len(text) * 2 // 3])


def edit_lock(project):
    text = project.lock.read_text()
    assert "10.100.0.0/16" in text
    project.lock.write_text(text.replace("10.100.0.0/16", "10.200.0.0/16"))


OFFLINE = {
    "unknown key": Row(
        change("instanceType: m5.large", "instanceTyp: m5.large"),
        ("validate",),
        1,
        (line_of("instanceType"), "launchTemplates[0].instanceTyp", "`instanceType`"),
    ),
    "wrong type": Row(
        change("max: 3", "max: many"), ("validate",), 1, (line_of("scaling"), "nodeGroups[0].scaling.max", "many")
    ),
    "missing file": Row(
        remove("userdata/10-sysctl.sh"),
        ("validate",),
        1,
        (line_of("10-sysctl.sh"), "userData.preBootstrap[0].file", "userdata/10-sysctl.sh", "not found"),
    ),
    "unreadable file": Row(
        unreadable("userdata/10-sysctl.sh"), ("validate",), 1, (line_of("10-sysctl.sh"), "userdata/10-sysctl.sh")
    ),
    "file outside of the project": Row(
        change("userdata/10-sysctl.sh", "../10-sysctl.sh"),
        ("validate",),
        1,
        (line_of("10-sysctl.sh"), "../10-sysctl.sh"),
    ),
    "script without a shebang": Row(
        write("userdata/10-sysctl.sh", b"echo hello\n"), ("validate",), 1, (line_of("10-sysctl.sh"), "#!")
    ),
    "script with CRLF": Row(
        write("userdata/10-sysctl.sh", b"#!/bin/bash\r\necho hello\r\n"),
        ("validate",),
        1,
        (line_of("10-sysctl.sh"), "CRLF"),
    ),
    "user data that is too large": Row(
        write("userdata/10-sysctl.sh", b"#!/bin/bash\n" + b"# a long comment\n" * 1000),
        ("validate",),
        1,
        (line_of("userData:"), "16384", "preBootstrap[0]"),
    ),
    "two AMI sources": Row(
        change("      eksOptimized: latest", "      eksOptimized: latest\n      id: ami-0123456789abcdef0"),
        ("validate",),
        1,
        ("launchTemplates[0].ami", "eksOptimized", "id", "exactly one"),
    ),
    "node group naming no template": Row(
        change("launchTemplate: demo", "launchTemplate: dem"),
        ("validate",),
        1,
        (line_of("launchTemplate: demo"), "nodeGroups[0].launchTemplate", "dem", "`demo`"),
    ),
    "three errors at once": Row(
        lambda project: project.spec.write_text(
            SPEC.replace("arch:", "arhc:").replace("max: 3", "max: x").replace("cluster: eksworkshop", "cluster: none")
        ),
        ("validate",),
        1,
        ("launchTemplates[0].arhc", "nodeGroups[0].scaling.max", "nodeGroups[0].cluster", "3 problems"),
    ),
    "a filter that fits everything": Row(
        change("      eksOptimized: latest", "      filter: {owners: [self]}"),
        ("validate",),
        1,
        ("launchTemplates[0].ami.filter", "name", "tags"),
    ),
    "not YAML": Row(change("[sg-0123456789abcdef0]", "[sg-0123456789abcdef0"), ("validate",), 1, ("nodemint.yaml:1",)),
    "a tab": Row(
        change("    arch: x86_64", "\tarch: x86_64"), ("validate",), 1, ("nodemint.yaml:", "indent with spaces")
    ),
    "no spec": Row(remove("nodemint.yaml"), ("plan",), 1, ("nodemint.yaml", "cannot read")),
    "empty spec": Row(write("nodemint.yaml", b""), ("validate",), 1, ("nodemint.yaml",)),
    "spec that is not text": Row(write("nodemint.yaml", b"\xff\xfe\x00"), ("validate",), 1, ("nodemint.yaml", "UTF-8")),
    "no lock": Row(remove("nodemint.lock"), ("render", "--out", "x"), 1, ("nodemint.lock", "nodemint resolve")),
    "truncated lock": Row(cut_lock, ("render", "--out", "x"), 1, ("nodemint.lock", "cut short", "nodemint resolve")),
    "truncated lock, and plan": Row(cut_lock, ("plan",), 1, ("nodemint.lock", "cut short", "nodemint resolve")),
    "truncated lock, and resolve": Row(cut_lock, ("resolve",), 1, ("nodemint.lock", "cut short")),
    "edited lock": Row(edit_lock, ("plan",), 1, ("nodemint.lock", "nodemint resolve")),
    "lock of another spec": Row(
        change("arch: x86_64", "arch: arm64"), ("render", "--out", "x"), 1, ("nodemint.lock", "nodemint resolve")
    ),
    "unknown command": Row(nothing, ("aply",), 1, ("aply", "apply")),
    "unknown flag": Row(nothing, ("plan", "--detailed"), 1, ("--detailed", "--detailed-exitcode")),
    "flag without a value": Row(nothing, ("plan", "--out"), 1, ("--out",)),
    "wrong value of a flag": Row(nothing, ("plan", "--output", "xml"), 1, ("xml", "json")),
    "wrong version to go back to": Row(nothing, ("rollback", GROUP, "--to", "zero"), 1, ("zero", "previous")),
    "a region without clusters": Row(nothing, ("plan", "--region", "eu-west-1"), 1, ("eu-west-1", "--region")),
    "a command of later": Row(nothing, ("bake",), 1, ("bake", "not supported yet")),
    "no version": Row(nothing, ("diff", TEMPLATE, "1", "two"), 1, ("two", "previous")),
    "no age": Row(nothing, ("prune", "--older-than", "long"), 1, ("long", "30d")),
}

ONLINE = {
    "unknown SSM parameter": Row(
        change("eksOptimized: latest", "ssmParameter: /golden/{{kubernetesVersion}}"),
        ("resolve",),
        1,
        (line_of("    ami:"), "launchTemplates[0].ami", "/golden/1.34"),
    ),
    "a release that does not exist": Row(
        change("eksOptimized: latest", "eksOptimized: 1.34.9-20990101"),
        ("resolve",),
        1,
        (line_of("    ami:"), "launchTemplates[0].ami", "1.34.9-20990101"),
    ),
    "an image that does not exist": Row(
        change("eksOptimized: latest", "id: ami-0123456789abcdef0"),
        ("resolve",),
        1,
        (line_of("    ami:"), "launchTemplates[0].ami", "ami-0123456789abcdef0"),
    ),
    "a cluster that does not exist": Row(
        lambda project: project.spec.write_text(
            SPEC.replace("name: eksworkshop, region", "name: nowhere, region").replace(
                "cluster: eksworkshop", "cluster: nowhere"
            )
        ),
        ("resolve",),
        1,
        (line_of("name: eksworkshop, region"), "clusters[0]", "nowhere", "us-east-1"),
    ),
    "a pinned version that does not exist": Row(
        change("    launchTemplate: demo", "    launchTemplate: demo\n    launchTemplateVersion: 7"),
        ("apply", "--yes"),
        4,
        ("nodeGroups[0].launchTemplateVersion", "7", TEMPLATE),
    ),
    "a rollback of a group that the spec has not": Row(
        nothing, ("rollback", "mng-9", "--to", "1", "--yes"), 1, ("mng-9", "it has mng-1", "--cluster")
    ),
    "a rollback of a group that does not exist": Row(
        nothing, ("rollback", "mng-9", "--to", "1", "--yes", "--cluster", CLUSTER), 4, ("mng-9", "does not exist")
    ),
    "a history of a template that does not exist": Row(nothing, ("history", "dmo"), 1, ("dmo", "demo")),
    "apply without a terminal and without --yes": Row(nothing, ("apply",), 1, ("--yes", "nothing was changed")),
    "a plan file that is not there": Row(nothing, ("apply", "plan.json", "--yes"), 1, ("plan.json", "cannot read")),
    "a plan file that is none": Row(write("plan.json", b"{}"), ("apply", "plan.json", "--yes"), 1, ("plan.json",)),
    "a plan file that cannot be written": Row(
        nothing, ("plan", "--out", "no/such/folder/plan.json"), 1, ("no/such/folder", "cannot write")
    ),
}


@pytest.fixture
def valid(project):
    """A spec that is right, with its lock."""
    project.spec.write_text(SPEC)
    project.lock.unlink(missing_ok=True)
    project.run("validate")
    project.run("resolve")
    return project


def check(project, row, env=None, flags=None):
    """Runs the command, and says what it must say and must not do."""
    before, mark = project.files(), project.calls.mark()
    done = project.run(*row.command, code=row.code, env=env, flags=flags)
    for fact in row.said:
        # A plan that is blocked is an answer: what stands in the way is in it.
        said = done.out + done.err if done.code in {3, 4} else done.err
        assert fact in said, f"{fact!r} is not said\n{done}"
    assert "panicked" not in done.err and "RUST_BACKTRACE" not in done.err
    assert project.files() == before, "it wrote in the project"
    assert project.calls.writes(mark) == [], "it wrote in AWS"
    return done


@pytest.mark.parametrize("what", OFFLINE)
def test_offline(valid, what):
    OFFLINE[what].prepare(valid)
    mark = valid.calls.mark()
    check(valid, OFFLINE[what])
    assert valid.calls.mark() == mark, "it asked AWS"


@pytest.mark.parametrize("what", ONLINE)
def test_online(valid, what):
    ONLINE[what].prepare(valid)
    check(valid, ONLINE[what])


def test_a_type_for_another_architecture_is_blocked_before_anything_is_minted(valid):
    """EKS would refuse it, and only after a version was minted for nothing."""
    valid.edit("instanceType: m5.large", "instanceType: m6g.large")
    row = Row(nothing, ("apply", "--yes"), 4, ("blocked:", "m6g.large", "arm64", "x86_64", "help:"))
    check(valid, row)
    valid.edit("instanceType: m6g.large", "instanceType: m5.large")
    apply(valid)
    valid.run("plan", "--detailed-exitcode", code=0)


def test_what_the_plan_does_not_look_at_is_told_in_the_words_of_eks(valid):
    """No plan asks EC2 for key pairs. EKS does: its words, whole, and no second version once it is cured."""
    valid.edit("    instanceType: m5.large", "    instanceType: m5.large\n    keyName: nobody")
    done = valid.run("apply", "--yes", code=1)
    for fact in ("EKS CreateNodegroup in us-east-1", "The key pair 'nobody' does not exist", "AWS request id"):
        assert fact in done.err, str(done)
    again = valid.run("apply", "--yes", code=1)
    assert "minted" not in again.err, "the version was there already"
    valid.edit("keyName: nobody", "keyName: eksworkshop")
    apply(valid)
    valid.run("plan", "--detailed-exitcode", code=0)


def test_rollback_to_a_version_that_does_not_exist(project):
    second_version(project)
    row = Row(nothing, ("rollback", GROUP, "--to", "9", "--yes"), 4, (TEMPLATE, "no version 9", "it has "))
    check(project, row)


def test_nothing_older_to_roll_back_to(project):
    first_version(project)
    check(project, Row(nothing, ("rollback", GROUP, "--yes"), 4, ("no version older than 1",)))


def test_a_lock_cut_anywhere_is_never_taken_for_one(valid):
    """At the end of every line, and in lines."""
    text = valid.lock.read_bytes()
    wanted = valid.run("render", "--out", "whole").out
    assert wanted
    ends = {at for at, byte in enumerate(text) if byte == ord("\n")} | {0, 1, len(text) // 3, len(text) // 2}
    for end in sorted(ends - {len(text) - 1}):
        valid.lock.write_bytes(text[:end])
        done = valid.run("plan", code=1)
        assert "nodemint.lock" in done.err, f"cut at byte {end}\n{done}"


# --- credentials, network ---------------------------------------------------------------------------------------

NO_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "",
    "AWS_SECRET_ACCESS_KEY": "",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "",
}


def without_credentials(project):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        project.env.pop(name)


@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes"), ("resolve", "--update"), ("status",)])
def test_no_credentials(valid, command):
    without_credentials(valid)
    row = Row(nothing, command, 1, ("credentials", "AWS_PROFILE", "--sandbox"))
    check(valid, row, flags=["--endpoint-url", f"http://127.0.0.1:{free_port()}"])


def test_no_such_profile(valid):
    without_credentials(valid)
    row = Row(nothing, ("plan", "--profile", "nobody"), 1, ("nobody",))
    check(valid, row, flags=["--endpoint-url", f"http://127.0.0.1:{free_port()}"])


@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes"), ("resolve", "--update"), ("history", TEMPLATE)])
def test_no_network(valid, command):
    """Nobody listens: told soon, with the address, and not after minutes of retries."""
    port = free_port()
    row = Row(nothing, command, 1, (f"127.0.0.1:{port}", "refused", "help:"))
    check(valid, row, flags=["--endpoint-url", f"http://127.0.0.1:{port}"])


def test_offline_commands_need_neither(valid):
    without_credentials(valid)
    for command in (("validate",), ("render", "--out", "out"), ("render", "--check", "--out", "out")):
        valid.run(*command, flags=[], env={"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})


# --- plans that do not hold any more ----------------------------------------------------------------------------


def saved_plan(project):
    first_version(project)
    change_type(project)
    project.run("plan", "--out", "plan.json")


def test_a_stale_plan(served):
    saved_plan(served)
    served.aws.cli(
        "ec2", "create-launch-template-version", "--launch-template-name", TEMPLATE, "--source-version", "1",
        "--launch-template-data", '{"InstanceType": "m5.xlarge"}',
    )  # fmt: skip
    row = Row(
        nothing, ("apply", "plan.json", "--yes", *served.quick), 3, ("stale", "latestVersion", "1 → 2", "plan again")
    )
    check(served, row)


def test_an_edited_plan(project):
    saved_plan(project)
    plan = project.folder / "plan.json"
    plan.write_text(plan.read_text().replace("m5.2xlarge", "m5.4xlarge"))
    check(project, Row(nothing, ("apply", "plan.json", "--yes"), 1, ("plan.json", "checksum", "nodemint plan --out")))


def test_a_cut_plan(project):
    saved_plan(project)
    plan = project.folder / "plan.json"
    plan.write_text(plan.read_text()[:-200])
    check(project, Row(nothing, ("apply", "plan.json", "--yes"), 1, ("plan.json", "nodemint plan --out")))


def test_a_plan_of_a_later_schema(project):
    saved_plan(project)
    plan = project.folder / "plan.json"
    document = json.loads(plan.read_text())
    document["schema"] = "nodemint.dev/plan/v99"
    plan.write_text(json.dumps(document))
    check(project, Row(nothing, ("apply", "plan.json", "--yes"), 1, ("plan.json", "nodemint.dev/plan/v99")))


def test_a_plan_for_another_account(served):
    saved_plan(served)
    row = Row(nothing, ("apply", "plan.json", "--yes", *served.quick), 1, ("111122223333", "444455556666"))
    # The sandbox takes twelve digits as the account of whoever asks.
    check(served, row, env={"AWS_ACCESS_KEY_ID": "444455556666"})


def test_an_update_of_somebody_else_is_under_way(tmp_path):
    """The group rolls to what another one wants: that is told, and not fought."""
    from support import Project, sandbox_server

    with sandbox_server(tmp_path / "aws", speed=20) as aws:
        project = Project(tmp_path, ["--endpoint-url", aws.url])
        project.calls = aws.calls
        project.run("resolve")
        apply(project)
        change_type(project)
        aws.cli(
            "ec2", "create-launch-template-version", "--launch-template-name", TEMPLATE, "--source-version", "1",
            "--launch-template-data", '{"InstanceType": "m5.xlarge"}',
        )  # fmt: skip
        aws.cli(
            "eks", "update-nodegroup-version", "--cluster-name", CLUSTER, "--nodegroup-name", GROUP,
            "--launch-template", f"name={TEMPLATE},version=2",
        )  # fmt: skip
        check(project, Row(nothing, ("apply", "--yes", *project.quick), 3, (f"{CLUSTER}/{GROUP}", "under way")))


def test_a_state_of_the_sandbox_that_is_none(valid, tmp_path):
    state = tmp_path / "other.json"
    for content in (b"", b"{}", b"not JSON", b'{"schema": 99}'):
        state.write_bytes(content)
        check(valid, Row(nothing, ("status", f"--sandbox={state}"), 1, (str(state),)), flags=[])
        assert state.read_bytes() == content


def test_the_state_of_the_sandbox_cannot_be_written(valid):
    blocked = valid.folder / "userdata/10-sysctl.sh/state.json"
    row = Row(nothing, ("status", f"--sandbox={blocked}"), 1, (os.path.basename(blocked.parent),))
    check(valid, row, flags=[])
