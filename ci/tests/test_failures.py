"""EKS fails: what it says is told whole, the exit code says where the group is, and the next run begins from there."""

import pytest
import yaml
from story import apply, change_type, describe_group, first_version, nothing_left, version_of, version_updates, versions
from support import CLUSTER, GROUP, REGION, ROOT, Project, sandbox_server

BUILTIN = ROOT / "builder/sandbox/seed/eksworkshop.yaml"


@pytest.fixture
def unlucky(tmp_path):
    """The built-in account, where what a test names goes wrong once."""
    servers = []

    def start(**failure):
        seed = yaml.safe_load(BUILTIN.read_text())
        seed["regions"][REGION]["failures"] = [{"cluster": CLUSTER, "nodeGroup": GROUP, **failure}]
        path = tmp_path / "seed.yaml"
        path.write_text(yaml.safe_dump(seed))
        server = sandbox_server(tmp_path / "aws", "--seed", path)
        aws = server.__enter__()
        servers.append(server)
        project = Project(tmp_path, ["--endpoint-url", aws.url])
        project.aws, project.calls = aws, aws.calls
        return project

    yield start
    for server in servers:
        server.__exit__(None, None, None)


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        ({"on": "drain", "code": "PodEvictionFailure", "message": "Reached max retries"}, "Reached max retries"),
        ({"on": "drain", "code": "PodEvictionFailure", "afterNodes": 1}, "PodEvictionFailure"),
    ],
    ids=["the first node", "the second node"],
)
def test_an_update_that_eks_rolls_back(unlucky, failure, said):
    project = unlucky(**failure)
    first_version(project)
    change_type(project)
    done = apply(project, code=5)
    for fact in (f"{CLUSTER}/{GROUP}", failure["code"], said, "back on version 1", "help:"):
        assert fact in done.err, str(done)
    assert version_of(describe_group(project.aws)) == 1
    # Nothing is hidden: the plan still wants it, with the version that is there already.
    mark = project.calls.mark()
    apply(project)
    assert project.calls.operations(mark) == ["UpdateNodegroupVersion"]
    nothing_left(project)
    assert sorted(versions(project.aws)) == [1, 2]
    assert [update["status"] for update in version_updates(project.aws)] == ["Failed", "Successful"]


def test_a_group_that_cannot_be_created(unlucky):
    project = unlucky(
        on="create", code="NodeCreationFailure", message="Instances failed to join the kubernetes cluster"
    )
    project.run("resolve")
    done = apply(project, code=6)
    for fact in (f"{CLUSTER}/{GROUP}", "CREATE_FAILED", "Instances failed to join the kubernetes cluster", "help:"):
        assert fact in done.err, str(done)
    # A plan on top of it says so instead of pretending.
    again = project.run("plan", "--detailed-exitcode", code=None)
    assert again.code != 0 and "CREATE_FAILED" in again.out + again.err, str(again)
    assert "CREATE_FAILED" in project.run("status").out
