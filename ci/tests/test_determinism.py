"""The same spec and lock give the same bytes: twice, on another day, in another order, in another place."""

import random
import shutil

import pytest
import yaml
from support import BIN, CASE, ROOT, Project, environment, run

# Lists whose order means something stay as they are; mappings have no order.
SEEDS = range(5)
DAYS = ["2020-02-29 23:59:59", "2031-07-01 12:00:00"]


@pytest.fixture
def offline(tmp_path):
    """The golden case, with neither an AWS nor credentials."""
    return Project(tmp_path, AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, AWS_DEFAULT_REGION=None)


def rendered(project, *arguments, into="out", **env):
    out = project.folder / into
    shutil.rmtree(out, ignore_errors=True)
    project.run("render", "--out", out, *arguments, env=env)
    files = {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert files, "nothing was rendered"
    return files


def golden():
    return sorted(path.parent for path in (ROOT / "golden").glob("*/nodemint.lock"))


@pytest.mark.parametrize("case", golden(), ids=lambda case: case.name)
def test_the_golden_case_is_what_is_rendered(case, tmp_path):
    env = environment(tmp_path, AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, AWS_DEFAULT_REGION=None)
    run([BIN, "-f", case / "nodemint.yaml", "render", "--check", "--out", case / "rendered"], cwd=tmp_path, env=env)


def test_check_tells_what_differs(offline):
    out = offline.folder / "rendered"
    offline.run("render", "--check", "--out", out)
    victim = next(path for path in sorted(out.rglob("user-data*")) if path.is_file())
    victim.write_bytes(victim.read_bytes() + b"\n")
    done = offline.run("render", "--check", "--out", out, code=2)
    assert victim.name in done.out + done.err, str(done)
    offline.run("render", "--out", out)
    offline.run("render", "--check", "--out", out)
    (victim.parent / "parts/09-left-over.sh").write_text("of a part that is gone\n")
    done = offline.run("render", "--check", "--out", out, code=2)
    assert "09-left-over.sh" in done.out + done.err, str(done)


def test_twice(offline):
    assert rendered(offline, into="one") == rendered(offline, into="two")


@pytest.mark.parametrize("day", DAYS)
def test_on_another_day(offline, day):
    today = rendered(offline)
    out = offline.folder / "another-day"
    command = ["faketime", "-f", day, str(BIN), "render", "--out", str(out)]
    run(command, cwd=offline.folder, env=offline.env)
    assert {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()} == today


def test_faketime_does_what_the_test_above_needs(tmp_path):
    said = run(["faketime", "-f", DAYS[0], "date", "+%Y"], cwd=tmp_path, env=environment(tmp_path))
    assert said.out.strip() == "2020"


def in_another_order(path, seed):
    document = yaml.safe_load(path.read_text())
    mixed = shuffled(document, random.Random(seed))
    assert mixed == document
    text = yaml.safe_dump(mixed, sort_keys=False, allow_unicode=True)
    assert text != yaml.safe_dump(document, sort_keys=False, allow_unicode=True), "the order is another"
    path.write_text(text)


@pytest.mark.parametrize("seed", SEEDS)
def test_in_another_order(offline, seed):
    before = rendered(offline)
    in_another_order(offline.spec, seed)
    assert rendered(offline) == before


def test_a_lock_in_another_order_is_refused_and_resolve_writes_the_same_one_again(project):
    """Only resolve writes a lock, always in one order: another one was made by hand, or by a bad merge."""
    project.lock.unlink()
    project.run("resolve")
    lock = project.lock.read_bytes()
    in_another_order(project.lock, 1)
    assert "nodemint.lock" in project.run("render", "--out", "out", code=1).err
    project.lock.unlink()
    project.run("resolve")
    assert project.lock.read_bytes() == lock


def shuffled(value, chance):
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: shuffled(value[key], chance) for key in keys}
    if isinstance(value, list):
        return [shuffled(one, chance) for one in value]
    return value


def test_in_another_place_language_and_time_zone(offline, tmp_path):
    before = rendered(offline)
    other = tmp_path / "another place" / "with ä name"
    shutil.copytree(CASE, other)
    out = tmp_path / "elsewhere"
    env = {**offline.env, "LANG": "tr_TR.UTF-8", "LC_ALL": "C", "TZ": "Pacific/Kiritimati", "HOME": str(other)}
    run([BIN, "-f", other / "nodemint.yaml", "render", "--out", out], cwd=tmp_path, env=env)
    assert {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_the_same_hash_here_and_in_aws(project):
    """The hash of a plan is the hash in the history, however often and wherever it is computed."""
    project.run("resolve")
    hashes = {project.json("plan")["launchTemplates"][0]["hash"] for _ in range(2)}
    project.run("apply", "--yes")
    (template,) = project.json("history", "demo")["launchTemplates"]
    assert {version["hash"] for version in template["versions"]} == hashes
