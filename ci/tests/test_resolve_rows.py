"""What can be wrong with an image, a type or a region, row by row: the exit code, the place, the cause and the cure;
and whatever goes wrong, the lock keeps what it had."""

import dataclasses
import json
from collections.abc import Callable

import pytest
import yaml
from fleet import cluster, document, locked, template, write
from support import CLUSTER, REGION, ROOT, Project, sandbox_server

RECOMMENDED = "/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/x86_64/standard/recommended"
NEW = "1.34.4-20261118"
OURS, STRANGER = "ami-0aaaaaaaaaaaaaaa1", "999988887777"


def nothing(_):
    pass


def image(**more):
    """An image of the account's own, and the parameter that names it."""
    made = {"id": OURS, "name": "golden-1.34", "architecture": "x86_64", "createdAt": "2026-10-01T00:00:00Z", **more}

    def seed(document):
        region = document["regions"][REGION]
        region["images"], region["parameters"] = [made], {"/golden/eks": OURS}

    return seed


def stranger(document):
    """The parameter of EKS names an image that is not EKS's."""
    image(owner=STRANGER, public=True)(document)
    value = {"schema_version": "2", "image_id": OURS, "image_name": "golden-1.34", "release_version": NEW}
    document["regions"][REGION]["parameters"] = {RECOMMENDED: json.dumps(value)}


def gone(document):
    day = {"day": "2026-11-18", "versions": {"1.34": NEW}, "goneFrom": [REGION]}
    document["publicImages"]["trains"] = {"al2023": [day]}


def change(*pairs):
    def prepare(project):
        for old, new in pairs:
            project.edit(old, new)

    return prepare


def other_schema(project):
    project.edit("schema: 1\n", "schema: 2\n", name="nodemint.lock")


def by_hand(project):
    project.edit("10.100.0.0/16", "10.200.0.0/16", name="nodemint.lock")


OURS_BY_PARAMETER = change(("eksOptimized: latest", "ssmParameter: /golden/eks"))
ARM = change(("instanceType: m5.large", "instanceType: m6g.large"))


@dataclasses.dataclass(frozen=True)
class Row:
    seed: Callable
    prepare: Callable
    command: tuple
    code: int
    said: tuple


ROWS = {
    "the parameter is missing": Row(
        nothing,
        change(("eksOptimized: latest", "ssmParameter: /golden/none")),
        ("resolve",),
        1,
        ("launchTemplates[0].ami", "no parameter /golden/none", "help:"),
    ),
    "the image is gone": Row(
        gone, nothing, ("resolve", "--update"), 1, ("launchTemplates[0].ami", "ami-", "does not exist", REGION, "help:")
    ),
    "the image is deprecated": Row(
        image(deprecationTime="2026-11-01T00:00:00Z"),
        OURS_BY_PARAMETER,
        ("resolve", "--strict"),
        1,
        ("launchTemplates[0].ami", OURS, "deprecated", "2026-11-01", "help:"),
    ),
    "the wrong architecture": Row(
        image(architecture="arm64"),
        OURS_BY_PARAMETER,
        ("resolve",),
        1,
        ("launchTemplates[0].ami", OURS, "arm64", "x86_64", "help:"),
    ),
    "the wrong owner": Row(
        stranger,
        nothing,
        ("resolve", "--update"),
        1,
        ("launchTemplates[0].ami", OURS, STRANGER, "602401143452", "help:"),
    ),
    "not available yet": Row(
        image(state="pending"), OURS_BY_PARAMETER, ("resolve",), 1, ("launchTemplates[0].ami", OURS, "pending", "help:")
    ),
    "an arm64 type on an x86_64 image, resolved": Row(
        nothing, ARM, ("resolve", "--update"), 1, ("launchTemplates[0]", "m6g.large", "arm64", "x86_64", "help:")
    ),
    "an arm64 type on an x86_64 image, planned": Row(
        nothing, ARM, ("plan",), 4, ("blocked:", "m6g.large", "arm64", "x86_64", "help:")
    ),
    "an arm64 type on an x86_64 image, applied": Row(
        nothing, ARM, ("apply", "--yes"), 4, ("blocked:", "m6g.large", "arm64", "x86_64", "help:")
    ),
    "a type that EC2 does not have": Row(
        nothing,
        change(("instanceType: m5.large", "instanceType: m5.huge")),
        ("resolve", "--update"),
        1,
        ("launchTemplates[0]", "m5.huge", "help:"),
    ),
    "a type that is not offered in a zone": Row(
        nothing,
        change(
            ("instanceType: m5.large", "instanceType: p5.48xlarge"),
            ("subnet-0bb20000000000002, subnet-0cc30000000000003]", "subnet-0bb20000000000002]"),
        ),
        ("apply", "--yes"),
        4,
        ("blocked:", "p5.48xlarge", "us-east-1a", "us-east-1b", "help:"),
    ),
    "a lock of another schema": Row(nothing, other_schema, ("resolve",), 1, ("nodemint.lock", "schema 2", "nodemint")),
    "a lock of another schema, planned": Row(nothing, other_schema, ("plan",), 1, ("nodemint.lock", "schema 2")),
    "a lock edited by hand": Row(nothing, by_hand, ("resolve",), 1, ("nodemint.lock", "nodemint resolve")),
    "a lock edited by hand, planned": Row(nothing, by_hand, ("plan",), 1, ("nodemint.lock", "nodemint resolve")),
}


def seeded(folder, change):
    seed = yaml.safe_load((ROOT / "builder/sandbox/seed/eksworkshop.yaml").read_text())
    change(seed)
    path = folder / "seed.yaml"
    path.write_text(yaml.safe_dump(seed))
    return path


@pytest.mark.parametrize("what", ROWS)
def test_row(what, tmp_path):
    row = ROWS[what]
    with sandbox_server(tmp_path / "aws", "--seed", seeded(tmp_path, row.seed)) as aws:
        project = Project(tmp_path, ["--endpoint-url", aws.url])
        row.prepare(project)
        before = project.files()
        done = project.run(*row.command, code=row.code)
        for fact in row.said:
            # A plan that is blocked is an answer: what stands in the way is in it.
            assert fact in (done.err if row.code == 1 else done.out + done.err), f"{fact!r} is not said\n{done}"
        assert "panicked" not in done.err
        assert project.files() == before, "the lock is kept"
        assert aws.calls.writes() == []


def test_a_deprecated_image_is_locked_with_a_warning(tmp_path):
    seed = seeded(tmp_path, image(deprecationTime="2026-11-01T00:00:00Z"))
    with sandbox_server(tmp_path / "aws", "--seed", seed) as aws:
        project = Project(tmp_path, ["--endpoint-url", aws.url])
        OURS_BY_PARAMETER(project)
        done = project.run("resolve")
        assert "warning:" in done.err and "deprecated" in done.err, str(done)
        assert locked(project)["demo", CLUSTER]["imageId"] == OURS


def test_every_problem_is_told_at_once_and_the_rest_is_locked(tmp_path):
    with sandbox_server(tmp_path / "aws", "--seed", seeded(tmp_path, image(architecture="arm64"))) as aws:
        project = Project(tmp_path, ["--endpoint-url", aws.url])
        here = [cluster(REGION, "1.34")]
        templates = [
            template("good", here),
            template("arm", here, ami={"ssmParameter": "/golden/eks"}),
            template("none", here, ami={"ssmParameter": "/golden/none"}),
        ]
        write(project, document(here, templates))
        done = project.run("resolve", code=1)
        for fact in ("launchTemplates[1].ami", "launchTemplates[2].ami", "nodemint.lock", "help:"):
            assert fact in done.err, str(done)
        assert [name for name, _ in locked(project)] == ["good"]
        answer = project.json("resolve", code=1)
        assert (answer["complete"], answer["written"], answer["unreached"]) == (False, False, [])
        places = [(problem["path"], problem["line"] > 1, bool(problem["hint"])) for problem in answer["problems"]]
        assert places == [("launchTemplates[1].ami", True, True), ("launchTemplates[2].ami", True, True)]


# --- regions that do not answer ---------------------------------------------------------------------------------

THREE = [cluster(region, "1.34") for region in (REGION, "eu-west-1", "ap-south-1")]


@pytest.mark.parametrize("operation", ["ssm:GetParameters", "ec2:DescribeImages"])
def test_access_denied_in_one_region_of_three(tmp_path, operation):
    project = Project(tmp_path)
    write(project, document(THREE, [template("demo", THREE)]))
    with sandbox_server(tmp_path / "denied", "--deny", f"{operation}@eu-west-1") as aws:
        project.flags = ["--endpoint-url", aws.url]
        done = project.run("resolve", code=1)
        for fact in ("eu-west-1", operation, "not authorized", "demo on eu-west-1-1-34", "nodemint.lock", "help:"):
            assert fact in done.err, str(done)
        kept = locked(project)
        assert {name for _, name in kept} == {"us-east-1-1-34", "ap-south-1-1-34"}
        lock = project.lock.read_bytes()
        answer = project.json("resolve", code=1)
        (unreached,) = answer["unreached"]
        assert (unreached["region"], answer["written"], answer["problems"]) == ("eu-west-1", False, [])
        assert unreached["error"]["operation"] == operation.partition(":")[2]
        assert unreached["what"] == ["launch template demo on eu-west-1-1-34"] and unreached["hint"]
        # Nothing of it moves while one of its regions cannot be asked.
        project.run("resolve", "--update", code=1)
        assert project.lock.read_bytes() == lock
    with sandbox_server(tmp_path / "granted") as aws:
        project.flags = ["--endpoint-url", aws.url]
        project.run("resolve")
        assert {call["region"] for call in aws.calls.all()} == {"eu-west-1"}
        entries = locked(project)
        assert {key: entries[key] for key in kept} == kept
        assert len({entry["releaseVersion"] for entry in entries.values()}) == 1


def test_a_cluster_that_moved_is_locked_where_it_is_now(tmp_path):
    moves, stays = cluster(REGION, "1.34"), cluster("ap-south-1", "1.34")
    with sandbox_server(tmp_path / "aws") as aws:
        project = Project(tmp_path, ["--endpoint-url", aws.url])
        write(project, document([moves, stays], [template("demo", [moves, stays])]))
        project.run("resolve")
        moves = {**moves, "region": "eu-west-1"}
        write(project, document([moves, stays], [template("demo", [moves, stays])]), keep_lock=True)
        project.run("resolve", "--region", "eu-west-1")
        regions = {cluster: entry["request"]["region"] for (_, cluster), entry in locked(project).items()}
        assert regions == {moves["name"]: "eu-west-1", stays["name"]: "ap-south-1"}
        project.run("render")


def test_throttled_until_it_gives_up(tmp_path):
    here = [cluster(REGION, version) for version in ("1.31", "1.32", "1.33", "1.34", "1.35")]
    kinds = [("plain", "x86_64", "standard", "m5.large"), ("arm64", "arm64", "standard", "m6g.large")]
    kinds.append(("gpu", "x86_64", "nvidia", "g5.xlarge"))
    templates = [template(name, here, "AL2023", arch, size, variant=of) for name, arch, of, size in kinds]
    project = Project(tmp_path)
    write(project, document(here, templates))
    with sandbox_server(tmp_path / "slow", "--limit", "ssm:GetParameters=1") as aws:
        project.flags = ["--endpoint-url", aws.url]
        done = project.run("resolve", code=1, env={"AWS_MAX_ATTEMPTS": "1"})
        for fact in (REGION, "SSM GetParameters", "ThrottlingException", "help:", "same command again"):
            assert fact in done.err, str(done)
    with sandbox_server(tmp_path / "quick") as aws:
        project.flags = ["--endpoint-url", aws.url]
        project.run("resolve")
    assert len(locked(project)) == len(here) * len(kinds)


def test_a_rate_that_is_kept_to(tmp_path):
    """Hundreds of names in one region at the rate that Parameter Store gives: nobody is throttled. How long it takes is
    ci/bench.py's to say."""
    here = [cluster(REGION, "1.34", name=f"cluster-{number}") for number in range(3)]
    templates = [
        template(f"template-{number}", here, ami={"ssmParameter": f"/golden/{number}/{{{{kubernetesVersion}}}}"})
        for number in range(800)
    ]

    def seed(document):
        image()(document)
        document["regions"][REGION]["parameters"] = {f"/golden/{number}/1.34": OURS for number in range(800)}

    with sandbox_server(tmp_path / "aws", "--seed", seeded(tmp_path, seed), "--limit", "ssm:GetParameters=40") as aws:
        project = Project(tmp_path, ["--endpoint-url", aws.url])
        write(project, document(here, templates))
        project.run("resolve")
        outcomes = [call["outcome"] for call in aws.calls.all() if call["operation"] == "GetParameters"]
        assert outcomes == ["ok"] * 80
