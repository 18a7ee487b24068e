"""`nodemint import eksctl`: the binary on a ClusterConfig of the lab's cluster, and what it leaves goes all the way to
nodes on the embedded AWS."""

import re
import shutil

import pytest
from support import CLUSTER, GROUP, ROOT, Project

CASES = ROOT / "builder/core/tests/eksctl"
WORKSHOP = CASES / "cases/02-workshop"
SCRIPT = "userdata/eksworkshop-mng-1/20-install-the-agent.sh"


@pytest.fixture
def beside(project):
    """An empty project with eksctl's file in it."""
    shutil.rmtree(project.folder)
    project.folder.mkdir()
    shutil.copy(WORKSHOP / "cluster.yaml", project.folder)
    return project


def imported(project: Project, *arguments, code=0, stdin=""):
    return project.run("import", "eksctl", *arguments, code=code, flags=[], stdin=stdin)


def test_an_imported_spec_goes_all_the_way(beside):
    done = imported(beside, "cluster.yaml")
    for fact in (
        "metadata.name",
        "launchTemplates[0].instanceType",
        "left out: it is the cluster's",
        "1 to do",
        "Written: ./nodemint.yaml, ./" + SCRIPT,
    ):
        assert fact in done.out, str(done)
    for name in ("nodemint.yaml", SCRIPT):
        assert (beside.folder / name).read_bytes() == (WORKSHOP / name).read_bytes(), name
    beside.run("validate")
    beside.run("resolve")
    beside.run("render")
    rendered = beside.folder / "rendered/eksworkshop-mng-1" / CLUSTER
    assert "rpm -i /tmp/agent.rpm" in (rendered / "user-data.mime").read_text()
    planned = beside.run("plan", "--detailed-exitcode", code=2)
    assert f"{CLUSTER}/{GROUP} is created" in planned.out, str(planned)
    beside.run("apply", "--yes", *beside.quick)
    again = beside.run("plan", "--detailed-exitcode", code=0)
    assert "Nothing to do" in again.out + again.err, str(again)


def test_what_is_there_is_not_written_over(beside):
    imported(beside, "cluster.yaml")
    # The same again changes nothing, and is no mistake.
    imported(beside, "cluster.yaml")
    for name in ("nodemint.yaml", SCRIPT):
        path = beside.folder / name
        path.write_text(path.read_text() + "# mine\n")
    before = beside.files()
    done = imported(beside, "cluster.yaml", code=1)
    assert "./nodemint.yaml" in done.err and SCRIPT in done.err and "--force" in done.err, str(done)
    assert done.out == "" and beside.files() == before
    imported(beside, "cluster.yaml", "--force")
    assert (beside.folder / SCRIPT).read_bytes() == (WORKSHOP / SCRIPT).read_bytes()


def test_a_dry_run_writes_nothing_and_shows_everything(beside):
    before = beside.files()
    done = imported(beside, "cluster.yaml", "--dry-run")
    assert done.out.startswith((WORKSHOP / "nodemint.yaml").read_text()), str(done)
    assert "Nothing was written" in done.out
    answer = imported(beside, "cluster.yaml", "--dry-run", "--output", "json").json()
    assert answer["schema"] == "nodemint.dev/import/v1" and answer["written"] == []
    assert answer["spec"] == (WORKSHOP / "nodemint.yaml").read_text()
    assert answer["files"] == {SCRIPT: (WORKSHOP / SCRIPT).stat().st_size}
    fates = {entry["path"]: entry["fate"] for entry in answer["report"]}
    assert fates["addons"] == "leftOut" and fates["managedNodeGroups[0].labels"] == "mapped"
    assert answer["toDo"] == sum(fate == "toDo" for fate in fates.values()) == 1
    assert beside.files() == before


def test_standard_input_and_another_folder(beside):
    text = (WORKSHOP / "cluster.yaml").read_text()
    imported(beside, "-", "--out", "fleet/one", stdin=text)
    assert (beside.folder / "fleet/one" / SCRIPT).is_file()
    beside.run("validate", "--file", "fleet/one/nodemint.yaml")


def test_amazon_linux_2_moves_when_asked(beside):
    text = (CASES / "cases/11-al2-by-wish/cluster.yaml").read_text()
    done = imported(beside, "-", "--family", "AL2023", stdin=text)
    assert "Amazon Linux 2 becomes AL2023" in done.out, str(done)
    beside.run("validate")
    imported(beside, "-", "--family", "AL2", code=1, stdin=text)


@pytest.mark.parametrize("mistakes", sorted(CASES.glob("mistakes/*.yaml")), ids=lambda path: path.stem)
def test_mistakes_are_told_with_their_lines(beside, mistakes):
    shutil.copy(mistakes, beside.folder / "wrong.yaml")
    before = beside.files()
    done = imported(beside, "wrong.yaml", code=1)
    told = mistakes.with_suffix(".txt").read_text().splitlines()
    for line in told:
        at = ":".join(line.split(":")[:2])
        assert f"wrong.yaml:{at}" in done.err, f"{line}\n{done}"
    assert f"{len(told)} problem" in done.err, str(done)
    assert done.out == "" and beside.files() == before


def test_what_is_not_there_is_told(beside):
    told = beside.run("import", "--help", flags=[]).out
    assert "eksctl" in told and "aws" in told
    missing = imported(beside, "nowhere.yaml", code=1)
    assert "nowhere.yaml" in missing.err, str(missing)


def test_the_readme_shows_what_really_comes_out(beside):
    section = (ROOT / "README.md").read_text().split("## Coming from eksctl")[1].split("```")[1]
    _, text, report, spec = re.split(r"^(?:console\n)?\$ .*\n", section, flags=re.MULTILINE)
    done = imported(beside, "-", stdin=text)
    assert done.out == report
    assert (beside.folder / "nodemint.yaml").read_text().endswith(spec)
