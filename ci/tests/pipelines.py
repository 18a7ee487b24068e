"""Runs the pipelines that people copy: takes the steps out of the YAML files themselves, and does with them what
GitHub, GitLab and CodeBuild do. What is not known here fails, so that no step is passed over."""

import dataclasses
import re
import shlex
import shutil
import subprocess

import yaml
from forges import TOKEN
from support import BIN, DEADLINE, REGION, ROOT, environment

ROLES = {
    "NODEMINT_READ_ROLE": "arn:aws:iam::111122223333:role/nodemint-read",
    "NODEMINT_WRITE_ROLE": "arn:aws:iam::111122223333:role/nodemint-write",
}
# nodemint as it is, but that it looks at an update more often: with AWS it looks every 15 seconds.
NODEMINT = """#!/usr/bin/env bash
case $1 in
  apply | rollback) exec {binary} "$1" --poll-interval 0.1 "${{@:2}}" ;;
  *) exec {binary} "$@" ;;
esac
"""


@dataclasses.dataclass
class Ran:
    """A job that has ended."""

    code: int
    said: str
    role: str | None = None
    outputs: dict = dataclasses.field(default_factory=dict)
    summary: str = ""

    def __str__(self):
        return f"exit code {self.code}\n{self.said}\n--- summary\n{self.summary}"


class Runner:
    """What the three have in common: a repository, a shell, and what jobs hand to each other."""

    kind = None
    pipeline = None

    def __init__(self, folder, forge, aws):
        self.folder, self.forge, self.aws = folder, forge, aws
        self.origin = folder / "forge/owner/fleet.git"
        self.store = folder / "artifacts"
        self.store.mkdir()
        self.bin = folder / "bin"
        self.bin.mkdir()
        program = self.bin / "nodemint"
        program.write_text(NODEMINT.format(binary=shlex.quote(str(BIN))))
        program.chmod(0o755)
        self.jobs = 0

    def env(self, **more):
        nobody = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
        env = environment(self.folder, AWS_ENDPOINT_URL=self.aws.url, **nobody | more)
        env["PATH"] = f"{self.bin}:{env['PATH']}"
        # As a machine that has nothing of a person's.
        env.update(GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL="/dev/null", GIT_TERMINAL_PROMPT="0")
        return env

    def checkout(self, ref):
        self.jobs += 1
        place = self.folder / f"job-{self.jobs}"
        git = ["git", "clone", "--quiet", "--branch", ref, f"file://{self.origin}", place]
        subprocess.run(git, check=True, env=self.env(), capture_output=True)
        return place

    def shell(self, command, place, env):
        """What such a runner's shell makes of a step: (exit code, what it said)."""
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command],
            cwd=place,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=DEADLINE,
        )
        return done.returncode, f"$ {command}\n{done.stdout}"

    def credentials(self, role):
        """What OIDC gives for a role that may be assumed."""
        assert role in ROLES.values(), f"no such role: {role}"
        return {"AWS_ACCESS_KEY_ID": role.rpartition("/")[2], "AWS_SECRET_ACCESS_KEY": "secret"}


class GitHub(Runner):
    kind = "github"
    files = "ci/github/nodemint-{}.yml"

    def run(self, name, ref, request=None, inputs=None, job=None, event=None):
        """Every job of a workflow, in order; the last one's end."""
        document = yaml.safe_load((ROOT / self.files.format(name)).read_text())
        # YAML reads `on` as a truth value.
        triggers = document[True]
        event = event or ("pull_request" if request else "workflow_dispatch" if inputs else "push")
        assert event in triggers, f"{name} does not run on {event}"
        if inputs is not None:
            inputs = {
                key: it.get("default", "") for key, it in triggers["workflow_dispatch"]["inputs"].items()
            } | inputs
        context = self.context(ref, request, inputs or {})
        done = {}
        for key, one in document["jobs"].items():
            if job and key != job:
                done[key] = Ran(0, "", outputs={"changes": "true"})  # it ran before
                continue
            context["needs"] = {it: {"outputs": done[it].outputs} for it in listed(one.get("needs"))}
            if "if" in one and not evaluate(one["if"], context):
                done[key] = Ran(0, f"{key} is passed over")
                continue
            done[key] = self.job(document, one, dict(context), ref, request)
            if done[key].code:
                return done[key]
        return done[job] if job else list(done.values())[-1]

    def context(self, ref, request, inputs):
        github = {"token": TOKEN, "ref": f"refs/heads/{ref}", "repository": "owner/fleet"}
        if request:
            github["ref"] = f"refs/pull/{request}/merge"
            github["event"] = {"pull_request": {"head": {"repo": {"full_name": "owner/fleet"}}}}
        names = {"AWS_REGION": REGION, "NODEMINT_URL": "", "NODEMINT_SHA256": ""}
        return {
            "github": github,
            "vars": ROLES | names,
            "secrets": {"NODEMINT_TOKEN": "", "NODEMINT_PLAN_KEY": "a key"},
            "inputs": inputs,
        }

    def job(self, document, job, context, ref, request):
        """Its steps, one after the other, until one fails."""
        assert "permissions" in job and document["permissions"] == {}, "a job says what its token may do"
        ran, steps, env = Ran(0, ""), {}, self.env()
        env |= {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "owner/fleet", "GITHUB_API_URL": self.forge.url}
        env |= {"GITHUB_REF": context["github"]["ref"], "GITHUB_REF_NAME": f"{request}/merge" if request else ref}
        env |= self.values(document.get("env"), context) | self.values(job.get("env"), context)
        place = None
        for index, step in enumerate(job["steps"]):
            context["steps"] = steps
            if "if" in step and not evaluate(step["if"], context):
                continue
            given = self.values(step.get("with"), context)
            if "uses" in step:
                action, _, version = step["uses"].partition("@")
                assert re.fullmatch("[0-9a-f]{40}", version), f"{action} is not pinned"
                if action == "actions/checkout":
                    place = self.checkout(ref)
                elif action == "aws-actions/configure-aws-credentials":
                    assert job["permissions"]["id-token"] == "write"
                    ran.role = given["role-to-assume"]
                    env |= self.credentials(ran.role) | {"AWS_REGION": given["aws-region"]}
                elif action == "actions/upload-artifact":
                    self.upload(place, given["path"], given["name"])
                elif action == "actions/download-artifact":
                    shutil.copytree(self.store / given["name"], place / given["path"], dirs_exist_ok=True)
                else:
                    raise AssertionError(f"what {action} does is not known here")
                continue
            files = {
                name: self.folder / f"{name}-{self.jobs}-{index}" for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
            }
            for path in files.values():
                path.touch()
            own = self.values(step.get("env"), context)
            code, said = self.shell(step["run"], place, env | own | {name: str(path) for name, path in files.items()})
            outputs = dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text().splitlines())
            steps[step.get("id", index)] = {"outputs": outputs}
            summary = files["GITHUB_STEP_SUMMARY"].read_text()
            assert len(summary.encode()) <= 1024 * 1024
            ran.code, ran.said, ran.summary = code, ran.said + said, ran.summary + summary
            if code:
                return ran
        context["steps"] = steps
        ran.outputs = self.values(job.get("outputs"), context)
        return ran

    def upload(self, place, path, name):
        """As the action does: nothing that is hidden, below the folder that the found have in common."""
        found = sorted(place.glob(path))
        assert found, f"nothing is at {path}"
        shutil.rmtree(self.store / name, ignore_errors=True)
        (self.store / name).mkdir()
        for file in found:
            assert not any(part.startswith(".") for part in file.relative_to(place).parts), file
            shutil.copy(file, self.store / name)

    def values(self, mapping, context):
        return {key: fill(str(value), context) for key, value in (mapping or {}).items()}


def listed(value):
    return [value] if isinstance(value, str) else value or []


def fill(text, context):
    return re.sub(r"\$\{\{\s*(.+?)\s*\}\}", lambda found: str(value(found.group(1), context)), text)


def value(expression, context):
    """`a.b.c`, or the first of `a || b` that says something."""
    for one in expression.split("||"):
        found = context
        for part in one.strip().split("."):
            found = found[part]
        if found:
            return found
    return found


def evaluate(condition, context):
    left, _, right = condition.partition(" == ")
    assert right, f"a condition that is not known here: {condition}"
    right = right.strip("'") if right.startswith("'") else value(right, context)
    return value(left, context) == right


# What a pipeline's rules are to choose.
GITLAB_JOBS = {
    "plan": ["nodemint:plan"],
    "apply": ["nodemint:save-plan", "nodemint:apply"],
    "update": ["nodemint:update"],
    "set": ["nodemint:set"],
    "rollback": ["nodemint:rollback"],
}


class GitLab(Runner):
    kind = "gitlab"
    file = "ci/gitlab/nodemint.gitlab-ci.yml"

    def run(self, name, ref, request=None, inputs=None, job=None, event=None):
        document = yaml.safe_load((ROOT / self.file).read_text())
        source = event or ("merge_request_event" if request else "web" if inputs else "push")
        source = {"workflow_dispatch": "web", "push": "push"}.get(source, source)
        variables = {
            "CI_PIPELINE_SOURCE": source,
            "CI_DEFAULT_BRANCH": "main",
            "CI_PROJECT_PATH": "owner/fleet",
            "CI_SERVER_URL": f"file://{self.folder}/forge",
            "CI_API_V4_URL": self.forge.url,
            "CI_JOB_ID": str(self.jobs),
            "GITLAB_CI": "true",
            "NODEMINT_TOKEN": TOKEN,
            "NODEMINT_JOB": name,
            "NODEMINT_PLAN_KEY": "",
            "AWS_REGION": REGION,
            **ROLES,
            **{f"NODEMINT_{key.upper()}": it for key, it in (inputs or {}).items()},
        }
        variables["CI_MERGE_REQUEST_IID" if request else "CI_COMMIT_BRANCH"] = str(request or ref)
        wanted = [key for key, it in document.items() if not key.startswith(".") and self.fits(it["rules"], variables)]
        assert wanted == GITLAB_JOBS[name], f"the rules choose {wanted}"
        for key in wanted:
            if job and not key.endswith(job):
                continue
            ran = self.job(document, key, dict(variables), ref)
            if ran.code:
                break
        return ran

    def fits(self, rules, variables):
        """One of them: `$A == "b"` or `$A == $B`, all that `&&` joins."""
        equal = [[self.sides(one, variables) for one in rule["if"].split(" && ")] for rule in rules]
        return any(all(left == right for left, right in rule) for rule in equal)

    def sides(self, condition, variables):
        left, right = condition.split(" == ")
        return self.side(left, variables), self.side(right, variables)

    def side(self, text, variables):
        text = text.strip()
        if text.startswith("$"):
            return variables.get(text[1:])
        return text.strip('"')

    def job(self, document, key, variables, ref):
        chain = [document[key]]
        while "extends" in chain[-1]:
            chain.append(document[chain[-1]["extends"]])
        merged = {}
        for one in reversed(chain):
            own = merged.get("variables", {}) | one.get("variables", {})
            merged |= one | {"variables": own}
        place = self.checkout(ref)
        variables |= {"CI_PROJECT_DIR": str(place), "NODEMINT_ID_TOKEN": "a token"}
        for name, text in merged["variables"].items():
            variables[name] = re.sub(r"\$(\w+)", lambda found: variables[found.group(1)], str(text))
        role = variables["AWS_ROLE_ARN"]
        assert (role == ROLES["NODEMINT_WRITE_ROLE"]) == ("resource_group" in merged and "environment" in merged)
        for needed in merged.get("needs", []):
            shutil.copytree(self.store / needed.replace(":", "-"), place, dirs_exist_ok=True)
        ran = Ran(0, "", role)
        # One shell for all of it.
        script = "\n".join(merged["before_script"] + merged["script"])
        ran.code, ran.said = self.shell(script, place, self.env() | variables | self.credentials(role))
        assert (place.parent / f"{place.name}.tmp/nodemint-id-token").stat().st_mode & 0o077 == 0
        kept = self.store / key.replace(":", "-")
        shutil.rmtree(kept, ignore_errors=True)
        for path in merged.get("artifacts", {}).get("paths", []):
            if (place / path).exists():
                (kept / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(place / path, kept / path)
        return ran


# The projects, in the order of the pipeline that they are in, and their service roles.
CODEBUILD_PROJECTS = {
    "plan": [("plan", "READ")],
    "apply": [("save-plan", "READ"), ("apply", "WRITE")],
    "update": [("update", "READ")],
    "set": [("set", "READ")],
    "rollback": [("rollback", "WRITE")],
}


class CodeBuild(Runner):
    kind = "codebuild"

    def run(self, name, ref, request=None, inputs=None, job=None, event=None):
        for project, role in CODEBUILD_PROJECTS[name]:
            if job and project != job:
                continue
            ran = self.build(project, ROLES[f"NODEMINT_{role}_ROLE"], ref, request, inputs or {})
            if ran.code:
                break
        return ran

    def build(self, project, role, ref, request, inputs):
        document = yaml.safe_load((ROOT / f"ci/codebuild/{project}.yml").read_text())
        place = self.checkout(ref)
        env = self.env() | self.credentials(role) | {"CODEBUILD_BUILD_ID": "nodemint:1", "AWS_REGION": REGION}
        env |= document["env"].get("variables", {})
        # What the project says, which beats the file.
        env |= {"NODEMINT_FORGE": self.forge.kind, "NODEMINT_REPOSITORY": "owner/fleet"} if self.needs(document) else {}
        env |= {"GITHUB_API_URL": self.forge.url, "NODEMINT_PLAN_KEY": "another key"}
        env |= {name: TOKEN for name in document["env"].get("secrets-manager", {})}
        env |= {f"NODEMINT_{key.upper()}": it for key, it in inputs.items()}
        if request:
            env["CODEBUILD_WEBHOOK_TRIGGER"] = f"pr/{request}"
        env["CODEBUILD_SRC_DIR_Plan"] = str(self.store / "Plan")
        assert document["env"]["shell"] == "bash"
        ran = Ran(0, "", role)
        for phase in ("install", "pre_build", "build", "post_build"):
            for command in document["phases"].get(phase, {}).get("commands", []):
                code, said = self.shell(command, place, env)
                ran.code, ran.said = ran.code or code, ran.said + said
                if code:
                    return ran
        for pattern in document.get("artifacts", {}).get("files", []):
            found = list(place.glob(pattern))
            assert found, f"no matching artifact paths found: {pattern}"
            for path in found:
                kept = self.store / "Plan" / path.relative_to(place)
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, kept)
        return ran

    def needs(self, document):
        return "NODEMINT_FORGE" in document["env"].get("variables", {})
