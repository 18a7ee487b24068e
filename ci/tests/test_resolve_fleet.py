"""A fleet of twelve regions, four Kubernetes versions and six kinds of nodes: how few calls it takes, that it gets one
answer, and that what is locked is not asked for again."""

import itertools
import math

import pytest
import yaml
from fleet import REGIONS, VERSIONS, cluster, counting, document, locked, template, write
from support import ROOT, Project, sandbox_server

# Name → family, architecture, variant, instance type.
KINDS = {
    "al2023": ("AL2023", "x86_64", "standard", "m5.large"),
    "al2023-arm": ("AL2023", "arm64", "standard", "m6g.large"),
    "al2023-gpu": ("AL2023", "x86_64", "nvidia", "g5.xlarge"),
    "bottlerocket": ("Bottlerocket", "x86_64", "standard", "m6i.large"),
    "windows": ("Windows2022Core", "x86_64", "standard", "m5.xlarge"),
    "ubuntu": ("Ubuntu2404", "arm64", "standard", "m6g.xlarge"),
}
CLUSTERS = [cluster(region, version) for region in REGIONS for version in VERSIONS]


def spec(ami=None):
    """All kinds on all clusters; `ami` is another source than EKS's own."""
    templates = []
    for name, (family, arch, variant, instance_type) in KINDS.items():
        source = {"ami": {"ssmParameter": f"{ami}/{name}/{{{{kubernetesVersion}}}}/{{{{arch}}}}"}} if ami else {}
        templates.append(template(name, CLUSTERS, family, arch, instance_type, variant=variant, **source))
    return document(CLUSTERS, templates)


@pytest.fixture
def wide(tmp_path):
    """The whole fleet on the sandbox, its calls counted."""
    with sandbox_server(tmp_path / "aws") as aws, counting(aws.url) as counter:
        project = Project(tmp_path, ["--endpoint-url", counter.url])
        project.aws, project.counter = aws, counter
        write(project, spec())
        yield project


@pytest.fixture
def wide_on_moto(tmp_path, moto):
    """The same on moto, which has images and no parameters of EKS: with parameters of one's own."""
    prefix = f"/golden/{tmp_path.name}"
    for region in REGIONS:
        ec2, ssm = moto.client("ec2", region), moto.client("ssm", region)
        images = [
            image for image in ec2.describe_images(Owners=["amazon"])["Images"]
            if image.get("RootDeviceType") == "ebs" and image.get("Platform") != "windows"
        ]  # fmt: skip
        newest = {image["Architecture"]: image["ImageId"] for image in images}
        for (name, (_, arch, *_)), version in itertools.product(KINDS.items(), VERSIONS):
            ssm.put_parameter(Name=f"{prefix}/{name}/{version}/{arch}", Value=newest[arch], Type="String")
    (tmp_path / "moto").mkdir()
    with counting(moto.url) as counter:
        project = Project(tmp_path / "moto", ["--endpoint-url", counter.url])
        project.counter = counter
        write(project, spec(prefix))
        yield project


def few_calls(counter):
    """No more than ⌈names/10⌉ GetParameters, one DescribeImages and one DescribeInstanceTypes a region, and nothing
    else; and no name is asked for twice."""
    for region in REGIONS:
        names = counter.names[region]
        assert len(names) == len(set(names)) >= len(KINDS) * len(VERSIONS), region
        assert counter.by_region()[region] == {
            "ssm:GetParameters": math.ceil(len(names) / 10),
            "ec2:DescribeImages": 1,
            "ec2:DescribeInstanceTypes": 1,
        }, region
    assert set(counter.by_region()) == set(REGIONS)


def resolved_once_and_for_all(project):
    project.run("resolve")
    few_calls(project.counter)
    lock = project.lock.read_bytes()
    entries = locked(project)
    assert len(entries) == len(KINDS) * len(CLUSTERS)

    # Complete: nobody is asked.
    project.counter.clear()
    project.run("resolve")
    assert (project.counter.calls, project.lock.read_bytes()) == ([], lock)

    # From nothing, the same bytes; and nothing is newer.
    project.lock.unlink()
    project.run("resolve")
    assert project.lock.read_bytes() == lock
    project.run("resolve", "--update")
    assert project.lock.read_bytes() == lock
    project.run("resolve", "--check", code=0)
    return entries


def test_a_wide_fleet_on_the_sandbox(wide):
    entries = resolved_once_and_for_all(wide)
    for (name, _), image in entries.items():
        assert image["architecture"] == KINDS[name][1]
    # The sandbox's own log says the same as the counter.
    mark = wide.aws.calls.mark()
    wide.counter.clear()
    wide.run("resolve", "--update")
    logged = [(call["region"], f"{call['service']}:{call['operation']}") for call in wide.aws.calls.all()[mark:]]
    assert sorted(logged) == sorted(wide.counter.calls)
    assert all(call["outcome"] == "ok" for call in wide.aws.calls.all())


def test_a_wide_fleet_on_moto(wide_on_moto):
    resolved_once_and_for_all(wide_on_moto)


def test_only_what_is_missing_is_asked_for(wide):
    new = cluster("ap-south-1", "1.34")
    wide.run("resolve")
    before = locked(wide)
    more = spec()
    more["clusters"].append(new)
    more["launchTemplates"][0]["clusters"].append(new["name"])
    write(wide, more, keep_lock=True)
    wide.counter.clear()
    wide.run("resolve")
    assert wide.counter.by_region() == {
        "ap-south-1": {"ssm:GetParameters": 1, "ec2:DescribeImages": 1, "ec2:DescribeInstanceTypes": 1}
    }
    after = locked(wide)
    added = after.keys() - before.keys()
    assert added == {("al2023", new["name"])}
    assert {key: after[key] for key in before} == before


# --- one answer for the fleet -----------------------------------------------------------------------------------

OLD, NEW = "1.34.3-20261012", "1.34.4-20261118"
THREE = [cluster(region, "1.34") for region in ("us-east-1", "eu-west-1", "ap-south-1")]


@pytest.fixture
def rolling_out(tmp_path):
    """A release that has reached two of three regions."""
    seed = yaml.safe_load((ROOT / "builder/sandbox/seed/eksworkshop.yaml").read_text())
    day = {"day": "2026-11-18", "versions": {"1.34": NEW}, "notIn": ["eu-west-1"]}
    seed["publicImages"]["trains"] = {"al2023": [day]}
    path = tmp_path / "seed.yaml"
    path.write_text(yaml.safe_dump(seed))
    with sandbox_server(tmp_path / "aws", "--seed", path) as aws:
        project = Project(tmp_path, ["--endpoint-url", aws.url])
        project.aws, project.calls = aws, aws.calls
        yield project


def releases(project):
    return {cluster: image["releaseVersion"] for (_, cluster), image in locked(project).items()}


def test_the_newest_that_every_region_has(rolling_out):
    write(rolling_out, document(THREE, [template("demo", THREE)]))
    done = rolling_out.run("resolve")
    assert set(releases(rolling_out).values()) == {OLD}, str(done)
    assert "eu-west-1" in done.err, "the region that is behind is named"
    # Where all regions have it, it is taken.
    ahead = [one for one in THREE if one["region"] != "eu-west-1"]
    write(rolling_out, document(ahead, [template("demo", ahead)]))
    rolling_out.run("resolve")
    assert set(releases(rolling_out).values()) == {NEW}


def test_a_region_that_lacks_what_the_others_have_locked(rolling_out):
    ahead = [one for one in THREE if one["region"] != "eu-west-1"]
    write(rolling_out, document(ahead, [template("demo", ahead)]))
    rolling_out.run("resolve")
    write(rolling_out, document(THREE, [template("demo", THREE)]), keep_lock=True)
    before = rolling_out.lock.read_bytes()
    done = rolling_out.run("resolve", code=1)
    for fact in ("launchTemplates[0]", "eu-west-1", NEW.rpartition("-")[2], "help:"):
        assert fact in done.err, str(done)
    assert set(releases(rolling_out).values()) == {NEW}, "no mixture"
    assert set(locked(rolling_out)) == {("demo", one["name"]) for one in ahead}, str(before)
    # What the hint says: all of them move together.
    rolling_out.run("resolve", "--update")
    assert set(releases(rolling_out).values()) == {OLD}


def test_one_region_alone_moves_with_a_warning(rolling_out):
    held = template("demo", THREE, ami={"eksOptimized": "latest", "deny": [NEW]})
    write(rolling_out, document(THREE, [held]))
    rolling_out.run("resolve")
    assert set(releases(rolling_out).values()) == {OLD}
    free = yaml.safe_load(rolling_out.spec.read_text())
    del free["launchTemplates"][0]["ami"]["deny"]
    write(rolling_out, free, keep_lock=True)
    done = rolling_out.run("resolve", "--update", "--region", "us-east-1")
    assert "warning:" in done.err and "us-east-1" in done.err, str(done)
    found = releases(rolling_out)
    assert found.pop(THREE[0]["name"]) == NEW
    assert set(found.values()) == {OLD}
