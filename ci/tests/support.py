"""What the end-to-end tests share: the binary, a project to run it in, and an AWS to run it against."""

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import boto3
import botocore.config

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CASE = ROOT / "golden/eksworkshop"
BIN = pathlib.Path(os.environ.get("NODEMINT_BIN", ROOT / "target/debug/nodemint"))
# The programs of the virtual environment that runs the tests.
VENV_BIN = pathlib.Path(sys.executable).parent

REGION = "us-east-1"
CLUSTER, GROUP, TEMPLATE = "eksworkshop", "mng-1", "demo"
ACCOUNT = "111122223333"

# No test waits longer than this for one thing. Generous: two cores may be busy with something else.
DEADLINE = 60.0
# Virtual seconds in a second: a node group's update of some ten minutes takes about one.
SPEED = 600


def environment(home, **more):
    """What a command gets to see of this machine: nothing but the path, and credentials that open no door."""
    env = {
        "PATH": f"{VENV_BIN}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "NO_PROXY": "127.0.0.1",
    }
    if "NODEMINT_TEST_RUN" in os.environ:
        env["NODEMINT_TEST_RUN"] = os.environ["NODEMINT_TEST_RUN"]
    env.update(more)
    return {name: value for name, value in env.items() if value is not None}


def wait_for(what, look, deadline=DEADLINE):
    """Looks until there is something, and gives it; no test sleeps for a fixed time."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {deadline} s: {what}")


@dataclasses.dataclass
class Done:
    """A command that has ended."""

    command: list
    code: int
    out: str
    err: str

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f"$ {' '.join(map(str, self.command))}\nexit code {self.code}\n--- out\n{self.out}\n--- err\n{self.err}"


def run(command, *, cwd, env, code=0, stdin="", timeout=DEADLINE):
    """Runs a command to its end. `code` is the exit code that it must have; None: any."""
    ended = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=env, input=stdin, capture_output=True, text=True, timeout=timeout
    )
    done = Done(list(command), ended.returncode, ended.stdout, ended.stderr)
    assert code is None or done.code == code, f"expected exit code {code}\n{done}"
    return done


class Project:
    """A copy of the golden case, and the binary that runs in it."""

    def __init__(self, folder, flags=(), **env):
        self.folder = folder / "project"
        self.home = folder / "home"
        self.home.mkdir()
        shutil.copytree(CASE, self.folder)
        self.flags = list(flags)
        # Where time is the sandbox's own, a wait costs nothing. A server's time is only sped up, and waiting 15 s
        # between two looks, as one does with AWS, would be the whole test.
        embedded = any(str(flag).startswith("--sandbox") for flag in self.flags)
        self.quick = [] if embedded else ["--poll-interval", "0.1"]
        self.env = environment(self.home, **env)

    @property
    def spec(self):
        return self.folder / "nodemint.yaml"

    @property
    def lock(self):
        return self.folder / "nodemint.lock"

    def edit(self, old, new, name="nodemint.yaml"):
        """Replaces a text that is there exactly once."""
        path = self.folder / name
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {name}"
        path.write_text(text.replace(old, new))

    def run(self, *arguments, code=0, env=None, flags=None, stdin=""):
        command = [BIN, *arguments, *(self.flags if flags is None else flags)]
        return run(command, cwd=self.folder, env={**self.env, **(env or {})}, code=code, stdin=stdin)

    def json(self, *arguments, code=0):
        return self.run(*arguments, "--output", "json", code=code).json()

    def start(self, *arguments):
        """A command that is still running, in a process group of its own."""
        command = [str(part) for part in (BIN, *arguments, *self.flags)]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def files(self):
        """Every file and its bytes: what must not change when a command fails."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }


@contextlib.contextmanager
def ended(process):
    """Whatever happens, the process does not outlive the block."""
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


class Calls:
    """The call log of the embedded AWS."""

    def __init__(self, path):
        self.path = path

    def all(self):
        if not self.path.exists():
            return []
        # The last line may be half written.
        return [json.loads(line) for line in self.path.read_text().splitlines(keepends=True) if line.endswith("\n")]

    def writes(self, since=0):
        return [call for call in self.all()[since:] if call["writes"]]

    def operations(self, since=0):
        return [call["operation"] for call in self.writes(since) if call["outcome"] == "ok"]

    def mark(self):
        return len(self.all())


class Aws:
    """An AWS that listens on loopback: the sandbox's server, or moto."""

    def __init__(self, url, home):
        self.url = url
        self.env = environment(home)
        self.home = home

    def cli(self, *arguments, code=0):
        """The `aws` CLI; gives what it answers, parsed."""
        command = [VENV_BIN / "aws", *arguments, "--endpoint-url", self.url, "--output", "json"]
        done = run(command, cwd=self.home, env=self.env, code=code)
        return json.loads(done.out) if code == 0 and done.out.strip() else done

    def client(self, service, region=REGION, key="test"):
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id=key,
            aws_secret_access_key="test",
            config=botocore.config.Config(retries={"total_max_attempts": 1}, proxies={}),
        )


@contextlib.contextmanager
def sandbox_server(folder, *arguments, speed=SPEED):
    """`nodemint sandbox` on a free port; ends with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    said = folder / "sandbox.err"
    log = folder / "calls.jsonl"
    command = [BIN, "sandbox", "--port", "0", "--speed", speed, "--log", log, *arguments]
    with said.open("wb") as stderr:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env=environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=True,
        )
    with ended(process):
        aws = Aws(listening(process, said), folder)
        aws.calls = Calls(log)
        aws.process = process
        yield aws


def listening(process, said):
    def look():
        assert process.poll() is None, f"the sandbox ended with {process.returncode}: {said.read_text()}"
        # The very first line, and whole.
        return re.match(r"listening on (http://127\.0\.0\.1:\d+)\n", said.read_text())

    return wait_for("the sandbox listens", look).group(1)


def free_port():
    """A port that nobody has at this moment; who takes it must be ready to lose the race."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def interrupt(process):
    """Ctrl-C, as the terminal sends it: to the whole group."""
    os.killpg(process.pid, signal.SIGINT)


def no_ansi(text):
    return "\x1b" not in text
