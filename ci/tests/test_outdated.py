"""How far behind is what runs: `outdated` and `status` against releases that are known, and at a terminal."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

import pytest
import yaml
from fleet import cluster, document, template, write
from story import apply
from support import BIN, CLUSTER, DEADLINE, GROUP, REGION, ROOT, TEMPLATE, Project, sandbox_server

OLD, NEW = "1.34.2-20260915", "1.34.3-20261012"
AMI = "      eksOptimized: latest              # `nodemint resolve` pins what that is today\n"


def deny(project, *releases):
    project.edit(AMI, AMI + f"      deny: [{', '.join(releases)}]\n")


def allow(project):
    spec = project.spec.read_text().splitlines(keepends=True)
    project.spec.write_text("".join(line for line in spec if not line.startswith("      deny:")))


@pytest.fixture
def behind(served):
    """A group on the release before the newest, which its lock names too."""
    deny(served, NEW)
    served.run("resolve", "--update")
    apply(served)
    allow(served)
    return served


def only(project):
    (row,) = project.json("outdated")["images"]
    return row


def test_what_runs_what_is_locked_and_what_there_is(behind):
    row = only(behind)
    assert (row["launchTemplate"], row["cluster"], row["nodeGroup"]) == (TEMPLATE, CLUSTER, GROUP)
    assert (row["site"], row["region"], row["kubernetesVersion"]) == (REGION, REGION, "1.34")
    assert row["runs"]["imageId"] == row["locked"]["imageId"]
    assert row["runs"]["deprecated"] == row["locked"]["deprecated"]
    assert (row["locked"]["releaseVersion"], row["releasesBehind"], row["heldBack"]) == (OLD, 1, None)
    assert row["locked"]["release"] == row["runs"]["release"] == OLD.rpartition("-")[2]
    assert row["newest"] == row["updateTo"]
    assert row["newest"]["name"].endswith("20261012")
    done = behind.run("outdated")
    for fact in (f"{CLUSTER}/{GROUP}", "20260915", "20261012", f"nodemint resolve --update {TEMPLATE}"):
        assert fact in done.out, str(done)
    status = behind.json("status")["nodeGroups"][0]
    assert status["releasesBehind"] == 1

    # What it says, --update does; then the group is behind its lock until apply.
    before = behind.calls.mark()
    behind.run("resolve", "--check", code=2)
    behind.run("resolve", "--update")
    row = only(behind)
    assert (row["locked"]["releaseVersion"], row["updateTo"], row["releasesBehind"]) == (NEW, None, 1)
    assert "nodemint apply" in behind.run("outdated").out
    assert behind.calls.writes(before) == []
    apply(behind)
    row = only(behind)
    assert (row["releasesBehind"], row["runs"]["imageId"]) == (0, row["locked"]["imageId"])
    assert "Nothing to update" in behind.run("outdated").out
    behind.run("resolve", "--check", code=0)


@pytest.mark.parametrize(
    ("rule", "why"), [(f"deny: [{NEW}]", "deny"), ("minAge: 60d", "minAge")], ids=["denied", "too young"]
)
def test_what_is_held_back_says_why(behind, rule, why):
    behind.edit(AMI, AMI + f"      {rule}\n")
    row = only(behind)
    assert row["updateTo"] is None and why in row["heldBack"], row
    assert row["newest"]["name"].endswith("20261012") and row["releasesBehind"] == 1
    assert why in behind.run("outdated").out
    behind.run("resolve", "--check", code=0)


def test_without_a_group_it_speaks_of_the_lock(project):
    project.run("resolve")
    row = only(project)
    assert (row["nodeGroup"], row["runs"], row["releasesBehind"]) == (GROUP, None, 0)
    done = project.run("outdated")
    assert f"no node group is seen yet for {CLUSTER}/{GROUP}" in done.out, str(done)
    here = [cluster("eu-west-1", "1.33")]
    write(project, document(here, [template("alone", here)]))
    assert "nodemint resolve" in project.run("outdated", code=1).err
    project.run("resolve")
    row = only(project)
    assert (row["nodeGroup"], row["runs"], row["releasesBehind"]) == (None, None, 0)


def test_an_image_of_ones_own_has_no_releases(project):
    image = project.json("resolve", "--check")  # the golden lock is up to date
    assert image["changes"] == []
    lock = yaml.safe_load(project.lock.read_text())
    own = lock["launchTemplates"][TEMPLATE][CLUSTER]["imageId"]
    project.edit("eksOptimized: latest", f"id: {own}")
    project.run("resolve")
    row = only(project)
    assert (row["newest"], row["releasesBehind"], row["updateTo"]) == (None, None, None)
    assert row["locked"]["imageId"] == own


def test_markdown(behind):
    done = behind.run("outdated", "--output", "markdown")
    assert done.out.startswith("| NODE GROUP") and f"| {CLUSTER}/{GROUP}" in done.out


def test_a_region_that_does_not_answer_hides_no_other(tmp_path):
    three = [cluster(region, "1.34") for region in (REGION, "eu-west-1", "ap-south-1")]
    project = Project(tmp_path)
    write(project, document(three, [template("demo", three)]))
    with sandbox_server(tmp_path / "open") as aws:
        project.run("resolve", flags=["--endpoint-url", aws.url])
    with sandbox_server(tmp_path / "denied", "--deny", "ec2:DescribeImages@eu-west-1") as aws:
        project.flags = ["--endpoint-url", aws.url]
        done = project.run("outdated", code=1)
        assert "us-east-1-1-34" in done.out and "ap-south-1-1-34" in done.out, str(done)
        for fact in ("eu-west-1", "DescribeImages", "not authorized", "help:"):
            assert fact in done.err, str(done)
        answer = project.json("outdated", code=1)
        assert [one["region"] for one in answer["unreached"]] == ["eu-west-1"]


def test_status_without_the_right_to_list_images(tmp_path):
    """How far behind is a nicety: without it the rest is told, and that is no error."""
    with sandbox_server(tmp_path / "aws", "--deny", "ec2:DescribeImages") as aws:
        project = Project(tmp_path, ["--endpoint-url", aws.url])
        apply(project)
        done = project.run("status")
        assert f"{CLUSTER}/{GROUP}" in done.out and "ACTIVE" in done.out
        assert "note:" in done.out and "DescribeImages" in done.out, str(done)


def test_a_deprecated_image_is_told(tmp_path):
    seed = yaml.safe_load((ROOT / "builder/sandbox/seed/eksworkshop.yaml").read_text())
    image = {"id": "ami-0aaaaaaaaaaaaaaa1", "name": "golden", "architecture": "x86_64"}
    times = {"createdAt": "2026-01-01T00:00:00Z", "deprecationTime": "2026-11-01T00:00:00Z"}
    seed["regions"][REGION]["images"] = [{**image, **times}]
    path = tmp_path / "seed.yaml"
    path.write_text(yaml.safe_dump(seed))
    with sandbox_server(tmp_path / "aws", "--seed", path) as aws:
        project = Project(tmp_path, ["--endpoint-url", aws.url])
        project.edit("eksOptimized: latest", f"id: {image['id']}")
        project.run("resolve")
        apply(project)
        for command in ("outdated", "status"):
            done = project.run(command)
            assert "deprecated since 2026-11-01" in done.out, str(done)
        # The sandbox's days go by while the test runs.
        assert re.search(r" (19|2\d)d ago\n", project.run("outdated").out)


def at_a_terminal(project, columns, *arguments):
    """What a command answers at a terminal of so many columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    try:
        process = subprocess.Popen(
            [str(part) for part in (BIN, *arguments, *project.flags)],
            cwd=project.folder,
            env={**project.env, "TERM": "xterm", "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs)
        said = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:
                # Linux ends a terminal whose other side is closed with EIO.
                break
            if not part:
                break
            said += part
        assert process.wait(DEADLINE) == 0
    finally:
        os.close(ours)
    return said.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("columns", [80, 100])
@pytest.mark.parametrize("command", ["status", "outdated"])
def test_the_table_fits_the_terminal(project, command, columns):
    project.run("resolve")
    apply(project)
    wide = project.run(command).out
    text = at_a_terminal(project, columns, command)
    header, row = text.splitlines()[:2]
    assert header.startswith("NODE GROUP") and GROUP in row
    assert max(len(header), len(row)) <= columns, text
    assert f"{CLUSTER}/{GROUP}" in wide
