"""Fixtures: a project, and the two ways to the embedded AWS."""

import contextlib
import urllib.error
import urllib.request

import pytest
from support import BIN, VENV_BIN, Aws, Calls, Project, ended, environment, free_port, sandbox_server, wait_for


def pytest_sessionstart(session):
    if not BIN.is_file():
        raise pytest.UsageError(f"there is no nodemint at {BIN}: cargo build, or set NODEMINT_BIN")


@pytest.fixture
def project(tmp_path):
    """The golden case on the embedded AWS, its state in a file. The state is outside of the project, so that a
    test can say that nothing in the project changed."""
    log = tmp_path / "calls.jsonl"
    made = Project(tmp_path, [f"--sandbox={tmp_path / 'state.json'}", "--sandbox-log", log])
    made.calls = Calls(log)
    return made


@pytest.fixture
def served(tmp_path):
    """The golden case against `nodemint sandbox`, which any client may talk to."""
    with sandbox_server(tmp_path / "aws") as aws:
        made = Project(tmp_path, ["--endpoint-url", aws.url])
        made.aws = aws
        made.calls = aws.calls
        yield made


@pytest.fixture(params=["embedded", "served"])
def either(request):
    """Both of them, one after the other."""
    return request.getfixturevalue("project" if request.param == "embedded" else "served")


@pytest.fixture(scope="session")
def moto(tmp_path_factory):
    """moto's server: an AWS that nobody here wrote."""
    import subprocess

    home = tmp_path_factory.mktemp("moto")
    with contextlib.ExitStack() as stack:
        # Somebody else may take the port between the look and the start: then another one.
        for _ in range(5):
            port = free_port()
            with (home / "log").open("wb") as log:
                command = [VENV_BIN / "moto_server", "-H", "127.0.0.1", "-p", str(port)]
                process = subprocess.Popen(
                    [str(part) for part in command], cwd=home, env=environment(home), stdout=log, stderr=log
                )
            stack.enter_context(ended(process))
            if wait_for("moto listens", lambda process=process, port=port: answers(process, port)) == "up":
                yield Aws(f"http://127.0.0.1:{port}", home)
                return
        raise AssertionError(f"moto does not start: {(home / 'log').read_text()}")


def answers(process, port):
    if process.poll() is not None:
        return "gone"
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/moto-api/", timeout=2):
            return "up"
    except urllib.error.HTTPError:
        return "up"
    except OSError:
        return None
