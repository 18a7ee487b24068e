"""A plan asks for what it needs, once, and by the page: counted on fleets of two sizes, so that whatever grows faster
than the fleet is seen. No time is asserted here; `ci/bench.sh` measures."""

import collections
import math

import pytest
import yaml
from fleet import counting
from planted import PAGE, Fleet, plant, seed
from support import Project, sandbox_server

# Values that a filter takes, and names that a call takes.
BATCH = 200


@pytest.fixture(scope="module", params=[3, 10], ids=["30 groups", "100 groups"])
def fleet(request, tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("fleet")
    size = Fleet(clusters=request.param, history=(2, 3))
    (tmp_path / "seed.yaml").write_text(yaml.safe_dump(seed(size)))
    with (
        sandbox_server(tmp_path / "aws", "--seed", tmp_path / "seed.yaml") as aws,
        counting(aws.url) as counter,
    ):
        project = Project(tmp_path, ["--endpoint-url", aws.url])
        plant(size, project, aws)
        project.size, project.calls, project.counter = size, aws.calls, counter
        project.flags = ["--endpoint-url", counter.url]
        yield project


def expected(size):
    """Operation → calls. The first launch template has a page of versions and some more."""
    places = collections.Counter(region for region, _ in size.places())
    batches = sum(math.ceil(clusters * 3 / BATCH) for clusters in places.values())
    assert size.versions(0) > PAGE
    return {
        "GetCallerIdentity": 1,
        "DescribeCluster": size.clusters,
        # for groups of the fleet that the spec does not name
        "ListNodegroups": size.clusters,
        "DescribeNodegroup": size.groups,
        "DescribeLaunchTemplates": len(places),
        "DescribeLaunchTemplateVersions": size.templates + 1,
        "DescribeSubnets": batches,
        "DescribeImages": len(places),
        "DescribeInstanceTypes": len(places),
        "DescribeInstanceTypeOfferings": len(places),
    }


def test_a_plan_asks_once_and_by_the_page(fleet):
    mark = fleet.calls.mark()
    fleet.counter.clear()
    plan = fleet.json("plan")
    assert collections.Counter(call["operation"] for call in fleet.calls.all()[mark:]) == expected(fleet.size)
    assert [call["outcome"] for call in fleet.calls.all()[mark:] if call["outcome"] != "ok"] == []
    twice = [request for request, count in collections.Counter(fleet.counter.requests).items() if count > 1]
    assert twice == []

    behind = fleet.size.groups // 10
    actions = collections.Counter(group["action"] for group in plan["nodeGroups"])
    assert actions == {"roll": behind, "unchanged": fleet.size.groups - behind}
    assert [step["op"]["do"] for step in plan["steps"]] == ["updateNodeGroupVersion"] * behind
    newest = {one["name"]: one["version"] for one in plan["launchTemplates"]}
    assert newest["us-east-1-000-0"] == fleet.size.versions(0), "the last page was read too"


def test_a_plan_of_one_region_asks_nobody_else(fleet):
    mark = fleet.calls.mark()
    fleet.run("plan", "--region", "us-east-2")
    assert {call["region"] for call in fleet.calls.all()[mark:]} == {"us-east-2"}
