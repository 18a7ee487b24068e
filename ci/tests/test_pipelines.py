"""The pipelines of ci/github, ci/gitlab and ci/codebuild, run step by step as they stand in the files: from a first
pull request over a merge, a scheduled update, another instance type and a rollback to a plan that has nothing to do."""

import contextlib
import hashlib
import json
import shutil
import subprocess

import jsonschema
import pytest
import yaml
from forges import Forge, serving
from pipelines import ROLES, CodeBuild, GitHub, GitLab
from story import describe_group, version_of, versions
from support import CASE, GROUP, REGION, ROOT, run, sandbox_server

OLD, NEW = "1.34.2-20260915", "1.34.3-20261012"
AMI = "      eksOptimized: latest              # `nodemint resolve` pins what that is today\n"
# Virtual seconds in a second: a node group's update of ten minutes is over at the next look.
SPEED = 6000


# Each role may do what its policy says. Who has it is told by the access key: see Runner.credentials.
POLICIES = [
    word for name in ("read", "write") for word in ("--policy", f"nodemint-{name}={ROOT / 'ci/iam' / name}.json")
]


class Fleet:
    """A repository with a fleet in it, and the pipelines that look after it."""

    def __init__(self, runner):
        self.runner, self.aws, self.forge = runner, runner.aws, runner.forge
        self.work = runner.folder / "work"
        origin = runner.origin
        origin.parent.mkdir(parents=True)
        self.git("init", "--quiet", "--bare", "--initial-branch", "main", origin, cwd=runner.folder)
        self.git("clone", "--quiet", origin, self.work, cwd=runner.folder)
        self.git("switch", "--quiet", "--create", "main")
        shutil.copytree(ROOT / "ci/pipelines", self.work / "ci/pipelines")
        self.commit("main", "The pipelines")

    def git(self, *command, cwd=None):
        identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")
        done = subprocess.run(
            ["git", *identity, *map(str, command)],
            cwd=cwd or self.work,
            env=self.runner.env(),
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def commit(self, branch, message):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        self.git("push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")

    def nodemint(self, *command, code=0):
        """A person at a terminal, whom no policy holds back."""
        env = self.runner.env(AWS_REGION=REGION, AWS_ACCESS_KEY_ID="person", AWS_SECRET_ACCESS_KEY="secret")
        return run([self.runner.bin / "nodemint", *command], cwd=self.work, env=env, code=code)

    def pipeline(self, name, ref="main", code=0, **more):
        """Runs it; the embedded AWS holds each job to the policy of its role."""
        ran = self.runner.run(name, ref, **more)
        assert ran.code == code, str(ran)
        return ran

    def merge(self, branch):
        """A person merges a request."""
        self.forge.requests[self.forge.by_branch(branch)]["state"] = "merged"
        self.git("fetch", "--quiet", "origin")
        self.git("switch", "--quiet", "main")
        self.git("merge", "--quiet", "--no-ff", "--message", f"Merge {branch}", f"origin/{branch}")
        self.git("push", "--quiet", "origin", "main", f":refs/heads/{branch}")

    def plan_of(self, branch):
        """The request's plan, made by its pipeline: the one comment."""
        number = self.forge.by_branch(branch)
        self.pipeline("plan", branch, request=number)
        (shown,) = self.forge.plans(number)
        return shown


@contextlib.contextmanager
def kept(folder, runner):
    kind = "gitlab" if runner is GitLab else "github"
    with sandbox_server(folder / "aws", *POLICIES, speed=SPEED) as aws, serving(Forge(kind)) as forge:
        yield Fleet(runner(folder, forge, aws))


@pytest.fixture(params=[GitHub, GitLab, CodeBuild], ids=lambda it: it.kind)
def fleet(request, tmp_path):
    with kept(tmp_path, request.param) as fleet:
        yield fleet


@pytest.fixture
def on_github(tmp_path):
    """For what is the scripts' doing, which all three share."""
    with kept(tmp_path, GitHub) as fleet:
        yield fleet


def first_request(fleet):
    """Somebody writes a spec, on the image before the newest, and opens a request."""
    shutil.copytree(CASE, fleet.work, dirs_exist_ok=True)
    spec = fleet.work / "nodemint.yaml"
    text = spec.read_text()
    spec.write_text(text.replace(AMI, AMI + f"      deny: [{NEW}]\n"))
    fleet.nodemint("resolve", "--update")
    fleet.nodemint("render", "--out", "rendered")
    spec.write_text(text)
    fleet.commit("first", "The first spec")
    return fleet.forge.open("first")


def merged(fleet):
    first_request(fleet)
    fleet.merge("first")


def test_the_story(fleet):
    step_1_a_pull_request_is_planned(fleet)
    step_2_a_merge_is_applied(fleet)
    step_3_newer_images_are_proposed(fleet)
    step_4_another_instance_type(fleet)
    step_5_back_again(fleet)
    assert "Nothing to do" in fleet.nodemint("plan", "--detailed-exitcode", code=0).out


def step_1_a_pull_request_is_planned(fleet):
    number = first_request(fleet)
    # Somebody has talked a lot already, so that ours is on the second page.
    for index in range(100):
        fleet.forge.say(number, f"comment {index}")
    shown = fleet.plan_of("first")
    for fact in ("launch template demo", "`eksworkshop/mng-1`", "is created"):
        assert fact in shown, shown
    fleet.forge.comments[number][-1]["body"] = "<!-- nodemint plan of . -->\nwhat an older run said"
    assert "is created" in fleet.plan_of("first"), "the comment is updated"
    assert fleet.aws.calls.writes() == [], "a plan wrote"


def step_2_a_merge_is_applied(fleet):
    fleet.merge("first")
    ran = fleet.pipeline("apply")
    assert version_of(describe_group(fleet.aws)) == 1, str(ran)
    origin = versions(fleet.aws)[1]["VersionDescription"]
    if fleet.runner.kind == "github":
        assert ran.role == ROLES["NODEMINT_WRITE_ROLE"] and origin


def step_3_newer_images_are_proposed(fleet):
    mark = fleet.aws.calls.mark()
    fleet.pipeline("update", event="schedule")
    assert fleet.aws.calls.writes(mark) == []
    number = fleet.forge.by_branch("nodemint/update")
    assert NEW.rpartition("-")[2] in fleet.forge.requests[number]["body"]
    # A day later, and nobody has looked at it: the same request.
    fleet.pipeline("update", event="schedule")
    assert fleet.forge.by_branch("nodemint/update") == number
    assert "| `eksworkshop/mng-1` | rolls | 1 → 2 |" in fleet.plan_of("nodemint/update")
    fleet.merge("nodemint/update")
    fleet.pipeline("apply")
    assert version_of(describe_group(fleet.aws)) == 2
    # Now there is nothing newer, and no request.
    fleet.pipeline("update", event="schedule")
    assert [it["state"] for it in fleet.forge.requests.values()] == ["merged", "merged"]


def step_4_another_instance_type(fleet):
    fleet.pipeline("set", inputs={"name": GROUP, "change": "instanceType=m5.2xlarge"})
    branch = "nodemint/set-mng-1-instanceType-m5.2xlarge"
    shown = fleet.plan_of(branch)
    assert "m5.2xlarge" in shown and "| rolls | 2 → 3 |" in shown, shown
    fleet.merge(branch)
    fleet.pipeline("apply")
    assert version_of(describe_group(fleet.aws)) == 3
    assert versions(fleet.aws)[3]["LaunchTemplateData"]["InstanceType"] == "m5.2xlarge"


def step_5_back_again(fleet):
    fleet.pipeline("rollback", inputs={"group": GROUP, "version": "2"})
    assert version_of(describe_group(fleet.aws)) == 2
    branch = f"nodemint/rollback-{GROUP}"
    request = fleet.forge.requests[fleet.forge.by_branch(branch)]
    assert (request["base"], request["title"]) == ("main", f"Pin {GROUP} after a rollback to 2")
    fleet.plan_of(branch)
    fleet.merge(branch)
    assert "launchTemplateVersion: 2" in (fleet.work / "nodemint.yaml").read_text()
    mark = fleet.aws.calls.mark()
    fleet.pipeline("apply", event="workflow_dispatch")  # started by a person
    assert fleet.aws.calls.writes(mark) == [], "the pin is what runs already"


def test_a_plan_that_went_stale_is_refused_and_says_what_to_do(on_github):
    fleet = on_github
    merged(fleet)
    fleet.pipeline("apply", job="plan")
    # Meanwhile somebody applies something else.
    fleet.nodemint("set", GROUP, "instanceType=m5.xlarge", "--yes")
    fleet.nodemint("apply", "--yes")
    mark = fleet.aws.calls.mark()
    ran = fleet.pipeline("apply", job="apply", code=3)
    assert "run the whole pipeline again" in ran.said, str(ran)
    assert fleet.aws.calls.writes(mark) == []


def test_files_that_were_not_rendered_again_stop_a_request(on_github):
    fleet = on_github
    number = first_request(fleet)
    (fleet.work / "userdata/10-sysctl.sh").write_text("#!/bin/bash\nsysctl -w vm.swappiness=1\n")
    fleet.commit("first", "Another setting")
    ran = fleet.pipeline("plan", "first", request=number, code=2)
    assert "nodemint render --out rendered" in ran.said, str(ran)
    assert fleet.forge.plans(number) == []


def test_a_plan_that_fails_replaces_the_comment_of_one_that_did_not(on_github):
    fleet = on_github
    number = first_request(fleet)
    fleet.plan_of("first")
    (fleet.work / "nodemint.lock").unlink()
    shutil.rmtree(fleet.work / "rendered")
    fleet.commit("first", "The lock is forgotten")
    fleet.pipeline("plan", "first", request=number, code=1)
    (shown,) = fleet.forge.plans(number)
    assert "there is no plan" in shown and "is created" not in shown


def test_an_update_that_is_still_running_is_followed(on_github):
    fleet = on_github
    merged(fleet)
    # The first apply is cut short as if its machine had gone: it leaves with exit code 7.
    program = fleet.runner.bin / "nodemint"
    flag = fleet.runner.folder / "cut"
    text = program.read_text()
    program.write_text(
        text.replace(
            "case $1 in", f'if [ "$1" = apply ] && mkdir {flag} 2>/dev/null; then set -- "$@" --no-wait; fi\ncase $1 in'
        )
    )
    ran = fleet.pipeline("apply")
    assert flag.is_dir() and "still running: following it" in ran.said, str(ran)
    assert describe_group(fleet.aws)["status"] == "ACTIVE"
    creates = [call for call in fleet.aws.calls.operations() if call == "CreateNodegroup"]
    assert len(creates) == 1


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"version": 0.1}, "0.1 is not one of"),
        ({"phases": {"build": {}}}, "'commands' is a required property"),
        ({"phases": {"deploy": {"commands": ["true"]}}}, "'deploy' was unexpected"),
        ({"phases": {"build": {"commands": ["true"], "timeout": 3}}}, "'timeout' was unexpected"),
        ({"phases": {"build": {"commands": ["true"], "on-failure": "STOP"}}}, "'STOP' does not match"),
        ({"env": {"variables": {"CODEBUILD_X": "1"}}}, "'CODEBUILD_X'"),
        ({"env": {"shell": "zsh"}}, "'zsh' is not one of"),
        ({"artifacts": {"files": []}}, "[]"),
    ],
    ids=str,
)
def test_the_schema_of_buildspecs_refuses(wrong, why):
    schema = json.loads((ROOT / "ci/tests/facts/codebuild-buildspec.schema.json").read_text())
    good = yaml.safe_load((ROOT / "ci/codebuild/save-plan.yml").read_text())
    checker = jsonschema.Draft202012Validator(schema)
    assert list(checker.iter_errors(good)) == []
    assert any(why in error.message for error in checker.iter_errors(good | wrong))


def test_a_rollback_to_previous_is_not_said_twice(on_github):
    """While it runs, the version before is another one."""
    fleet = on_github
    merged(fleet)
    for change in ("instanceType=m5.xlarge", "instanceType=m5.2xlarge"):
        fleet.nodemint("set", GROUP, change, "--yes")
        fleet.nodemint("apply", "--yes")
    program = fleet.runner.bin / "nodemint"
    no_wait = 'apply | rollback) set -- "$1" --no-wait "${@:2}"; exec'
    program.write_text(program.read_text().replace("apply | rollback) exec", no_wait))
    mark = fleet.aws.calls.mark()
    ran = fleet.pipeline("rollback", inputs={"group": GROUP}, code=7)
    assert "only with the number" in ran.said, str(ran)
    assert fleet.aws.calls.operations(mark) == ["UpdateNodegroupVersion"]
    request = fleet.forge.requests[fleet.forge.by_branch(f"nodemint/rollback-{GROUP}")]
    assert "launchTemplateVersion: 1" in request["body"], "the pin is proposed all the same"


# --- the scripts' own corners -----------------------------------------------------------------------------------


def cut(tmp_path, text, limit, unit):
    path = tmp_path / "long.md"
    path.write_text(text)
    command = f'. {ROOT}/ci/pipelines/lib.sh; cut_markdown "$@"'
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
    return run(["bash", "-c", command, "cut", path, limit, unit], cwd=tmp_path, env=env).out


@pytest.mark.parametrize(("unit", "size"), [("characters", len), ("bytes", lambda text: len(text.encode()))])
def test_what_is_too_long_is_cut_between_lines(tmp_path, unit, size):
    rows = "".join(f"| node group {number} | größer → |\n" for number in range(5000))
    plan = f"# plan\n<details><summary>all</summary>\n\n```diff\n{rows}```\n</details>\n"
    shown = cut(tmp_path, plan, 65_536, unit)
    assert 65_000 < size(shown) <= 65_536
    assert shown.count("```") == 2 and shown.count("<details>") == shown.count("</details>") == 1
    assert shown.endswith("**The rest was cut off here: it is in the log.**\n")
    assert all(line.endswith("größer → |") for line in shown.splitlines() if line.startswith("| node group"))


def test_what_fits_is_left_alone(tmp_path):
    text = "# plan → \n\n<details>\nall of it\n</details>\n"
    assert cut(tmp_path, text, len(text), "characters") == text
    assert cut(tmp_path, text, len(text.encode()), "bytes") == text
    assert cut(tmp_path, text, len(text.encode()) - 1, "bytes") != text


def test_nothing_is_run_whose_checksum_is_not_known(tmp_path):
    build = tmp_path / "build"
    build.write_text("#!/bin/sh\necho nodemint 9.9.9\n")
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "NODEMINT_URL": f"file://{build}"}
    install = ["bash", ROOT / "ci/pipelines/install.sh"]
    assert "checksum must be known" in run(install, cwd=tmp_path, env=env, code=None).err
    done = run(install, cwd=tmp_path, env=env | {"NODEMINT_SHA256": "0" * 64}, code=None)
    assert done.code != 0 and "9.9.9" not in done.out
    right = hashlib.sha256(build.read_bytes()).hexdigest()
    assert "9.9.9" in run(install, cwd=tmp_path, env=env | {"NODEMINT_SHA256": right}).out
