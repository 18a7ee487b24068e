"""One fleet in two accounts: a role is assumed for the second, both have a launch template of the same name, and what
is refused in one does not hide the other."""

import copy
import json

import boto3
import botocore.config
import pytest
import yaml
from fleet import locked
from story import apply, nothing_left
from support import ACCOUNT, CASE, CLUSTER, GROUP, REGION, ROOT, TEMPLATE, Project, sandbox_server

OTHER, SECOND = "222233334444", "second"
ROLE = f"arn:aws:iam::{OTHER}:role/deploy"
STRANGE = f"arn:aws:iam::{OTHER}:role/strange"
SITE = f"{REGION}@{ROLE}"


def two_accounts():
    """The built-in account, and another one like it."""
    seed = yaml.safe_load((ROOT / "builder/sandbox/seed/eksworkshop.yaml").read_text())
    region = copy.deepcopy(seed["regions"][REGION])
    text = (
        json.dumps(region, default=str).replace(ACCOUNT, OTHER).replace(f'"name": "{CLUSTER}"', f'"name": "{SECOND}"')
    )
    roles = [{"name": "deploy", "assumableBy": [ACCOUNT]}]
    seed["accounts"] = {OTHER: {"roles": roles, "regions": {REGION: json.loads(text)}}}
    return seed


def two_clusters(role=ROLE):
    spec = yaml.safe_load((CASE / "nodemint.yaml").read_text())
    group = copy.deepcopy(spec["nodeGroups"][0])
    group.update(cluster=SECOND, nodeRole=group["nodeRole"].replace(ACCOUNT, OTHER))
    spec["clusters"].append({"name": SECOND, "region": REGION, "assumeRoleArn": role})
    spec["nodeGroups"].append(group)
    return yaml.safe_dump(spec, sort_keys=False)


@pytest.fixture
def both(tmp_path):
    path = tmp_path / "seed.yaml"
    path.write_text(yaml.safe_dump(two_accounts()))
    with sandbox_server(tmp_path / "aws", "--seed", path) as aws:
        project = Project(tmp_path, ["--endpoint-url", aws.url])
        project.aws, project.calls = aws, aws.calls
        project.spec.write_text(two_clusters())
        project.lock.unlink()
        yield project


def as_role(aws, service):
    given = aws.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="test")["Credentials"]
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=aws.url,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        config=botocore.config.Config(retries={"total_max_attempts": 1}, proxies={}),
    )


def test_both_accounts_from_resolve_to_status(both):
    both.run("resolve")
    assert set(locked(both)) == {(TEMPLATE, CLUSTER), (TEMPLATE, SECOND)}
    plan = both.run("plan", "--detailed-exitcode", code=2)
    for fact in (ACCOUNT, OTHER, SITE, f"{SECOND}/{GROUP}", f"{CLUSTER}/{GROUP}"):
        assert fact in plan.out, str(plan)
    apply(both)
    nothing_left(both)

    # A launch template of the same name in each, and each group on the one of its account.
    found = {}
    for cluster, ec2, eks in (
        (CLUSTER, both.aws.client("ec2"), both.aws.client("eks")),
        (SECOND, as_role(both.aws, "ec2"), as_role(both.aws, "eks")),
    ):
        (template,) = ec2.describe_launch_templates(LaunchTemplateNames=[TEMPLATE])["LaunchTemplates"]
        group = eks.describe_nodegroup(clusterName=cluster, nodegroupName=GROUP)["nodegroup"]
        assert (group["status"], group["launchTemplate"]["id"]) == ("ACTIVE", template["LaunchTemplateId"])
        found[cluster] = group["nodegroupArn"].split(":")[4]
    assert found == {CLUSTER: ACCOUNT, SECOND: OTHER}

    status = both.json("status")
    assert status["accounts"] == {"own": ACCOUNT, ROLE: OTHER}
    places = {group["cluster"]: (group["site"], group["region"], group["status"]) for group in status["nodeGroups"]}
    assert places == {CLUSTER: (REGION, REGION, "ACTIVE"), SECOND: (SITE, REGION, "ACTIVE")}
    history = both.json("history", TEMPLATE)["launchTemplates"]
    assert {one["site"]: one["versions"][0]["usedBy"] for one in history} == {
        REGION: [f"{CLUSTER}/{GROUP}"],
        SITE: [f"{SECOND}/{GROUP}"],
    }


def test_a_change_rolls_both_and_a_rollback_one(both):
    both.run("resolve")
    apply(both)
    both.spec.write_text(both.spec.read_text().replace("instanceType: m5.large", "instanceType: m5.2xlarge"))
    apply(both)
    nothing_left(both)
    both.run("rollback", GROUP, "--cluster", SECOND, "--to", "1", "--yes", *both.quick)
    groups = {group["cluster"]: group["launchTemplateVersion"] for group in both.json("status")["nodeGroups"]}
    assert groups == {CLUSTER: 2, SECOND: 1}


def test_an_export_keeps_the_accounts_apart(both):
    both.run("resolve")
    apply(both)
    both.run("export", TEMPLATE, "--out", "out")
    documents = [yaml.safe_load(path.read_text()) for path in sorted((both.folder / "out").glob("*/*/*.yaml"))]
    assert [(one["region"], one.get("access")) for one in documents] == [(REGION, None), (REGION, ROLE)]


def test_a_role_that_is_refused(both):
    """AWS's own words, who was refused, and the account that is not touched goes on."""
    both.run("resolve")
    apply(both)
    lock = both.lock.read_bytes()
    both.spec.write_text(two_clusters(STRANGE))
    words = ("sts:AssumeRole", STRANGE, "not authorized", "help:")

    done = both.run("resolve", "--update", code=1)
    for fact in (*words, f"demo on {SECOND}", "nodemint.lock"):
        assert fact in done.err, str(done)
    assert both.lock.read_bytes() == lock, "what was locked stays"

    mark = both.calls.mark()
    for command in (("plan",), ("apply", "--yes")):
        done = both.run(*command, code=1)
        for fact in words:
            assert fact in done.err, str(done)
    assert both.calls.writes(mark) == []

    done = both.run("status", code=1)
    assert f"{CLUSTER}/{GROUP}" in done.out and f"{SECOND}/{GROUP}" not in done.out, str(done)
    for fact in (*words, f"{SECOND}/{GROUP}"):
        assert fact in done.err, str(done)
