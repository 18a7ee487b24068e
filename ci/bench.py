"""Measures nodemint next to the aws CLI. Rounds go A B A B, so that a machine that is busy for a while slows both;
figures are medians with their quartiles. Run by ci/bench.sh."""

import dataclasses
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import typing

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "tests"))

import yaml
from fleet import cluster, document, template, write
from planted import Fleet, plant, seed, spec
from story import first_version
from support import BIN, CLUSTER, GROUP, REGION, ROOT, TEMPLATE, VENV_BIN, Project, sandbox_server

ROUNDS = 15
# A thousand groups in a hundred clusters and five regions, and a tenth of them.
LARGE, SMALL = Fleet(clusters=100), Fleet(clusters=10)
FLEET_ROUNDS = 3
# Milliseconds of a call: none, and what five regions of several continents take on average from one place, some
# thirty of them AWS's own.
LATENCIES = (0, 100)
# Calls a second that Parameter Store takes from an account in a region, and calls that one resolve makes.
RATE, CALLS = 40, 400


@dataclasses.dataclass
class Task:
    """Commands that run one after the other, and what they took in each round."""

    name: str
    commands: list
    seconds: list = dataclasses.field(default_factory=list)
    # KiB, the largest of its processes
    memory: int = 0

    def once(self, folder, env):
        measured = [measure(command, folder, env) for command in self.commands]
        self.seconds.append(sum(one.seconds for one in measured))
        self.memory = max(self.memory, *(one.memory for one in measured))

    def median(self):
        return statistics.median(self.seconds)

    def row(self):
        low, _, high = statistics.quantiles(self.seconds, n=4)
        spread = f"{low * 1000:.1f}–{high * 1000:.1f}"
        return f"{self.name:58} {self.median() * 1000:9.1f} {spread:>17} {self.memory / 1024:9.1f}"


# A process of its own, and a bare one: a child's peak begins with what its parent held when it forked, and this
# program holds more than nodemint does. Its own floor is some 9 MiB.
MEASURE = """
import os, sys, time
command = sys.argv[1:]
began = time.perf_counter()
pid = os.fork()
if pid == 0:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    try:
        os.execv(command[0], command)
    finally:
        os._exit(127)
_, status, usage = os.wait4(pid, 0)
print(time.perf_counter() - began, usage.ru_maxrss, usage.ru_utime + usage.ru_stime, os.waitstatus_to_exitcode(status))
"""


class Measured(typing.NamedTuple):
    seconds: float
    # KiB: the peak of its resident memory as the kernel has it
    memory: int
    # seconds of the processor
    cpu: float


def measure(command, folder, env):
    """Runs a command without its output."""
    words = [str(part) for part in command]
    helper = [sys.executable, "-I", "-S", "-c", MEASURE, *words]
    said = subprocess.run(helper, cwd=folder, env=env, check=True, capture_output=True, text=True).stdout.split()
    if said[3] != "0":
        raise SystemExit(f"exit code {said[3]}: {' '.join(words)}")
    return Measured(float(said[0]), int(said[1]), float(said[2]))


def reads(aws, group):
    """What plan reads, as somebody with the aws CLI and a script would: one call after the other."""
    cli = [VENV_BIN / "aws", "--endpoint-url", aws.url]
    named = ["--name", CLUSTER, "--nodegroup-name", GROUP]
    (update, *_) = aws.client("eks").list_updates(name=CLUSTER, nodegroupName=GROUP)["updateIds"]
    return [
        [*cli, "sts", "get-caller-identity"],
        [*cli, "eks", "describe-cluster", "--name", CLUSTER],
        [*cli, "eks", "describe-nodegroup", "--cluster-name", CLUSTER, "--nodegroup-name", GROUP],
        [*cli, "eks", "list-updates", *named],
        [*cli, "eks", "describe-update", *named, "--update-id", update],
        [*cli, "ec2", "describe-launch-templates", "--launch-template-names", TEMPLATE],
        [*cli, "ec2", "describe-launch-template-versions", "--launch-template-name", TEMPLATE],
        [*cli, "ec2", "describe-subnets", "--subnet-ids", *group["subnets"]],
    ]


def tasks(project, aws):
    group = aws.client("eks").describe_nodegroup(clusterName=CLUSTER, nodegroupName=GROUP)["nodegroup"]
    plan = [BIN, "plan", "--quiet", "--endpoint-url", aws.url]
    calls = reads(aws, group)
    return [
        (Task("nodemint --version", [[BIN, "--version"]]), Task("aws --version", [[VENV_BIN / "aws", "--version"]])),
        (Task("nodemint render, offline", [[BIN, "render", "--quiet", "--out", "out"]]), None),
        (Task("nodemint plan", [plan]), Task(f"aws, the same reads in {len(calls)} calls", calls)),
    ]


def at_the_limit(folder):
    """A resolve of ten names a call, against the same rate as AWS's: how long it takes, and what the rate allows."""
    image = {"id": "ami-0aaaaaaaaaaaaaaa1", "name": "golden", "architecture": "x86_64"}
    seed = yaml.safe_load((ROOT / "builder/sandbox/seed/eksworkshop.yaml").read_text())
    names = range(CALLS * 10)
    region = seed["regions"][REGION]
    region["images"] = [{**image, "createdAt": "2026-10-01T00:00:00Z"}]
    region["parameters"] = {f"/golden/{number}": image["id"] for number in names}
    (folder / "seed.yaml").write_text(yaml.safe_dump(seed))
    here = [cluster(REGION, "1.34")]
    templates = [template(f"template-{number}", here, ami={"ssmParameter": f"/golden/{number}"}) for number in names]
    limit = ("--limit", f"ssm:GetParameters={RATE}", "--seed", folder / "seed.yaml")
    with sandbox_server(folder / "limited", *limit, speed=1) as aws:
        project = Project(folder, ["--endpoint-url", aws.url])
        write(project, document(here, templates))
        seconds, memory, _ = measure([BIN, "resolve", "--quiet", *project.flags], project.folder, project.env)
        outcomes = [call["outcome"] for call in aws.calls.all() if call["operation"] == "GetParameters"]
    refused = sum(outcome != "ok" for outcome in outcomes)
    allowed = CALLS / RATE
    what = f"nodemint resolve, {len(outcomes)} GetParameters at {RATE}/s, {refused} throttled"
    print(f"{what:58} {seconds * 1000:9.1f} {'':>17} {memory / 1024:9.1f}")
    print(f"{f'what the rate allows: {allowed:.1f} s':58} {seconds / allowed:8.2f}×")


def fleets(folder):
    """A plan of a hundred groups and of a thousand, and a boto3 script that reads the same thousand: on a sandbox that
    answers at once, as no AWS does, and on one that answers after the way there and back."""
    (folder / "seed.yaml").write_text(yaml.safe_dump(seed(LARGE)))
    print(f"{'':58} {'s':>9} {'CPU s':>8} {'calls':>8} {'peak MiB':>9}")
    for latency in LATENCIES:
        there = folder / f"latency-{latency}"
        served = sandbox_server(there / "aws", "--seed", folder / "seed.yaml", "--latency", str(latency))
        with served as aws:
            project = Project(there, ["--endpoint-url", aws.url])
            # Most of it would be waiting for answers.
            plant(LARGE, project, aws, workers=1 if latency == 0 else 32)
            for fleet in (SMALL, LARGE):
                write(project, spec(fleet), keep_lock=True)
                plan = [BIN, "plan", "--quiet", *project.flags]
                # The first round warms up and is thrown away.
                ours = [counted(plan, project, aws) for _ in range(FLEET_ROUNDS + 1)][1:]
                ours.sort(key=lambda one: one[0].seconds)
                ours = ours[FLEET_ROUNDS // 2]
                print(fleet_row(f"nodemint plan, {fleet.groups} groups, {latency} ms a call", *ours))
            script = [sys.executable, ROOT / "ci/bench_boto3.py", project.spec, aws.url]
            theirs = counted(script, project, aws)
            print(fleet_row(f"boto3, the same {LARGE.groups} groups, one call after the other", *theirs))
            print(f"{'':58} {theirs[0].seconds / ours[0].seconds:8.1f}×")


def counted(command, project, aws):
    """What a command took, and how many calls it made."""
    mark = aws.calls.mark()
    measured = measure(command, project.folder, project.env)
    return measured, aws.calls.mark() - mark


def fleet_row(name, measured, calls):
    seconds, memory, cpu = measured
    return f"{name:58} {seconds:9.2f} {cpu:8.2f} {calls:8} {memory / 1024:9.1f}"


def rendering():
    """Complete user-data documents on one core: for the same work ten times over the memory must be the same."""
    speed = BIN.parent / "examples" / "render_speed"
    print(f"{'rendering, one core':58} {'docs/s':>9} {'MB base64':>17} {'peak MiB':>9}")
    for case in ("al2023-arm64", "eksworkshop", "al2023-everything"):
        for documents in (20_000, 200_000):
            said = subprocess.run([speed, case, str(documents)], check=True, capture_output=True, text=True).stdout
            count, seconds, size, memory = (float(word) for word in said.split())
            what = f"AL2023 user data, {case}, {documents} times"
            print(f"{what:58} {count / seconds:9.0f} {size / 1e6:17.1f} {memory / 1024:9.1f}")


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory(prefix="nodemint-bench-") as name:
        folder = pathlib.Path(name)
        with sandbox_server(folder / "aws") as aws:
            project = Project(folder, ["--endpoint-url", aws.url])
            first_version(project)
            project.edit("instanceType: m5.large", "instanceType: m5.2xlarge")
            project.run("apply", "--yes", *project.quick)
            measured = tasks(project, aws)
            # The first round warms the page cache and is thrown away.
            for round_ in range(rounds + 1):
                for task in (one for pair in measured for one in pair if one):
                    task.once(project.folder, project.env)
                    if round_ == 0:
                        task.seconds.clear()
    print(f"{platform.machine()}, {os.cpu_count()} cores, {rounds} rounds, A B A B; {BIN.parent.name} build")
    print(f"{'':58} {'median ms':>9} {'quartiles ms':>17} {'peak MiB':>9}")
    for ours, theirs in measured:
        print(ours.row())
        if theirs:
            print(theirs.row())
            print(f"{'':58} {theirs.median() / ours.median():8.1f}×")
    with tempfile.TemporaryDirectory(prefix="nodemint-bench-") as name:
        at_the_limit(pathlib.Path(name))
    with tempfile.TemporaryDirectory(prefix="nodemint-bench-") as name:
        fleets(pathlib.Path(name))
    rendering()


if __name__ == "__main__":
    if len(sys.argv) > 1 and not (sys.argv[1].isdecimal() and int(sys.argv[1]) >= 2):
        raise SystemExit("usage: ci/bench.sh [ROUNDS], at least 2")
    main()
