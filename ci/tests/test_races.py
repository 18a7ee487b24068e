"""Two applies at the same moment, again and again: one version each time, one roll, and no error that a person sees."""

import pytest
import yaml
from story import describe_group, nothing_left, version_of, version_updates, versions
from support import CASE, DEADLINE, SPEED, TEMPLATE, Project, ended, sandbox_server

# With a group, and with a launch template alone, whose races take a fraction of the time.
ROLLS, MINTS = 20, 180


@pytest.fixture
def quick(tmp_path):
    """The embedded AWS at a speed at which a roll takes a moment."""
    with sandbox_server(tmp_path / "aws", speed=20 * SPEED) as aws:
        made = Project(tmp_path, ["--endpoint-url", aws.url])
        made.aws, made.calls = aws, aws.calls
        yield made


def race(project):
    """Two at once: what each of them ends with, and has said."""
    runs = [project.start("apply", "--yes", "--poll-interval", "0.05") for _ in range(2)]
    told = []
    for process in runs:
        with ended(process):
            out, err = process.communicate(timeout=DEADLINE)
            told.append((process.returncode, out, err))
    return told


def assert_no_error(told, what):
    for code, out, err in told:
        assert code == 0 and "error" not in err, f"{what}: {code}\n{out}\n{err}"


def test_two_mint_at_once(quick):
    spec = yaml.safe_load((CASE / "nodemint.yaml").read_text())
    del spec["nodeGroups"]
    (template,) = spec["launchTemplates"]
    template["clusters"] = [cluster["name"] for cluster in spec["clusters"]]
    for number in range(MINTS):
        # A new launch template now and then: its creation is a race, too.
        template["name"] = f"{TEMPLATE}-{number // 20}"
        template["tags"] = {"race": str(number)}
        quick.spec.write_text(yaml.safe_dump(spec))
        if number % 20 == 0:
            quick.run("resolve")
        assert_no_error(race(quick), f"race {number}")
    for name in {f"{TEMPLATE}-{number // 20}" for number in range(MINTS)}:
        assert sorted(versions(quick.aws, name)) == list(range(1, 21)), "one version for each content"
    nothing_left(quick)


def test_two_roll_at_once(quick):
    """The first race creates, all others roll."""
    spec = yaml.safe_load((CASE / "nodemint.yaml").read_text())
    quick.run("resolve")
    for number in range(1, ROLLS + 1):
        spec["launchTemplates"][0]["tags"] = {"race": str(number)}
        spec["nodeGroups"][0]["labels"] = {"race": str(number)}
        quick.spec.write_text(yaml.safe_dump(spec))
        assert_no_error(race(quick), f"race {number}")
        assert version_of(describe_group(quick.aws)) == number
    assert sorted(versions(quick.aws)) == list(range(1, ROLLS + 1)), "one version for each content"
    updates = [update["status"] for update in version_updates(quick.aws)]
    assert updates == ["Successful"] * (ROLLS - 1), "one roll for each version"
    nothing_left(quick)
