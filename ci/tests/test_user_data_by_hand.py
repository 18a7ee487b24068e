"""User data that no check of nodemint has seen: the embedded AWS reads it as EKS and the nodes' own software do, and
refuses it, or lets its nodes never join."""

import gzip

import pytest
from nodes import (
    NODE,
    SHELL,
    SUBNETS,
    begin,
    encoded,
    end,
    facts,
    mime,
    node_config,
    old_seed,
    settled,
    template,
    whole_cluster,
)
from support import ACCOUNT, CLUSTER, sandbox_server

NOT_MIME = "User data was not in the MIME multipart format."
NOT_TOML = "User data was not a TOML format that could be processed."
NOT_POWERSHELL = "User data was not a valid PowerShell format and could not be processed."
NOT_JOINED = "Instances failed to join the kubernetes cluster"


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with sandbox_server(tmp_path_factory.mktemp("user-data") / "aws") as server:
        yield server


@pytest.fixture(scope="module")
def old_aws(tmp_path_factory):
    folder = tmp_path_factory.mktemp("old")
    with sandbox_server(folder / "aws", "--seed", old_seed(folder)) as server:
        yield server


HELLO = "#!/bin/bash\necho hello"

# What EKS merges with its own, and what it says of the rest: family, user data, code and text; None: nodes run.
INVALID = "Ec2LaunchTemplateInvalidConfiguration"
MERGED = {
    "AL2023 scripts": ("AL2023", mime((SHELL, HELLO)), None, None),
    "AL2023 NodeConfig": ("AL2023", mime((NODE, node_config(kubelet={"config": {"maxPods": 20}}))), None, None),
    "AL2023 a bare script": ("AL2023", HELLO, INVALID, NOT_MIME),
    "AL2023 a bare NodeConfig": ("AL2023", node_config(kubelet={"flags": ["--v=2"]}), INVALID, NOT_MIME),
    "AL2023 gzip": ("AL2023", gzip.compress(mime((SHELL, HELLO)).encode()), INVALID, NOT_MIME),
    "AL2023 no MIME-Version": ("AL2023", mime((SHELL, HELLO)).partition("\n")[2], INVALID, NOT_MIME),
    "AL2023 no room for EKS": ("AL2023", mime((SHELL, HELLO + "x" * 16000)), INVALID, "limited to 16384 bytes"),
    "AL2023 another cluster": (
        "AL2023", mime((NODE, node_config(cluster={"name": "other"}))), "NodeCreationFailure", NOT_JOINED,
    ),
    "AL2023 flags that are no list": (
        "AL2023", mime((NODE, node_config(kubelet={"flags": "--v=2"}))), "NodeCreationFailure", NOT_JOINED,
    ),
    "Bottlerocket settings": ("Bottlerocket", "[settings.kubernetes]\nmax-pods = 20\n", None, None),
    "Bottlerocket MIME": ("Bottlerocket", mime((SHELL, HELLO)), INVALID, NOT_TOML),
    "Bottlerocket a table twice": ("Bottlerocket", "[settings.motd]\n[settings.motd]\n", INVALID, NOT_TOML),
    "Bottlerocket an escaped quote": ("Bottlerocket", '[settings]\nmotd = "say \\"hi\\""\n', INVALID, NOT_TOML),
    "Bottlerocket a quote in a key": ("Bottlerocket", "[settings.a]\n\"it's\" = 1\n", INVALID, NOT_TOML),
    "Bottlerocket a quoted header": ("Bottlerocket", '[settings."a"] # x\nb = 1\n', INVALID, NOT_TOML),
    "Bottlerocket a mixed list": ("Bottlerocket", "[settings.a]\nb = [1, 2.5]\n", INVALID, NOT_TOML),
    "Bottlerocket gzip": ("Bottlerocket", gzip.compress(b"[settings.a]\nb = 1\n"), INVALID, NOT_TOML),
    "Windows commands": ("Windows", "<powershell>\nWrite-Host 1\n</powershell>\n", None, None),
    "Windows no tags": ("Windows", "Write-Host 1\n", INVALID, NOT_POWERSHELL),
    "Windows its own start": (
        "Windows", "<powershell>\n& Start-EKSBootstrap.ps1 -EKSClusterName x\n</powershell>", INVALID, NOT_POWERSHELL,
    ),
    "AL2 scripts": ("AL2", mime((SHELL, HELLO)), None, None),
    "AL2 a bare script": ("AL2", HELLO, INVALID, NOT_MIME),
    "AL2 gzip": ("AL2", gzip.compress(mime((SHELL, HELLO)).encode()), INVALID, NOT_MIME),
}  # fmt: skip


@pytest.mark.parametrize("case", MERGED)
def test_what_eks_merges_and_what_it_refuses(case, request):
    family, user_data, code, text = MERGED[case]
    server = request.getfixturevalue("old_aws" if family == "AL2" else "aws")
    group = settled(server, f"merged-{list(MERGED).index(case)}", family, user_data, own_image=False)
    issues = group["health"]["issues"]
    if code is None:
        assert group["status"] == "ACTIVE" and not issues, group
        return
    assert group["status"] == "CREATE_FAILED", group
    assert [issue["code"] for issue in issues] == [code] and text in issues[0]["message"], issues


def complete(aws):
    """What nodes of an image of one's own make of complete user data: case → (family, user data, whether they join)."""
    name, endpoint, authority, _ = facts(aws)
    good = node_config(cluster=whole_cluster(aws))
    al2023 = mime((SHELL, HELLO), (NODE, good))
    call = f"/etc/eks/bootstrap.sh {name} --apiserver-endpoint {endpoint} --b64-cluster-ca {authority}"
    script = f"#!/bin/bash\nset -ex\n{call}\n"
    keys = {"cluster-name": name, "api-server": endpoint, "cluster-certificate": authority}
    toml = "[settings.kubernetes]\n" + "".join(f'{key} = "{value}"\n' for key, value in keys.items())
    start = f"& Start-EKSBootstrap.ps1 -EKSClusterName '{name}' -APIServerEndpoint '{endpoint}'"
    powershell = f"<powershell>\n{start} -Base64ClusterCA '{authority}'\n</powershell>\n"

    def config(**other):
        return mime((NODE, node_config(cluster=whole_cluster(aws, **other))))

    yield from [
        ("AL2023", al2023, True),
        ("AL2023", good, True),
        ("AL2023", gzip.compress(al2023.encode()), True),
        ("AL2023", mime((NODE, encoded(gzip.compress(good.encode())))), True),
        ("AL2023", config(unknown=1), True),
        ("AL2023", mime((SHELL, HELLO)), False),
        ("AL2023", mime((SHELL, script)), False),
        ("AL2023", config(cidr=None), False),
        ("AL2023", config(certificateAuthority=None), False),
        ("AL2023", config(name="other"), False),
        ("AL2023", config(apiServerEndpoint="https://other.example.com"), False),
        ("AL2023", config(certificateAuthority=encoded("other")), False),
        ("AL2023", config(name=7), False),
        ("AL2023", mime((NODE, good), (NODE, node_config(cluster={"name": "other"}))), False),
        # what cloud-init forgives and Go does not
        ("AL2023", al2023.replace('"B"\n\n', '"B"\n'), False),
        ("AL2023", al2023.replace("--B--\n", ""), False),
        ("AL2023", "\n" + al2023, False),
        ("Ubuntu", mime((SHELL, HELLO), (SHELL, script)), True),
        ("Ubuntu", script, True),
        ("Ubuntu", gzip.compress(script.encode()), True),
        ("Ubuntu", script.replace("#!/bin/bash\n", ""), False),
        ("Ubuntu", mime((SHELL, call)), False),
        ("Ubuntu", script.replace(f" {name} ", " other "), False),
        ("Ubuntu", script.replace(f" {name} ", f" --service-ipv4-cidr 10.100.0.0/16 {name} "), False),
        ("Ubuntu", script.replace(endpoint, "https://other.example.com"), False),
        ("Ubuntu", script.replace("\n/etc", "\n# /etc"), False),
        ("Ubuntu", mime((NODE, good)), False),
        ("Bottlerocket", toml, True),
        ("Bottlerocket", gzip.compress(toml.encode()), True),
        ("Bottlerocket", toml + toml, False),
        ("Bottlerocket", mime((SHELL, HELLO)), False),
        ("Bottlerocket", toml.replace("cluster-certificate", "other"), False),
        ("Bottlerocket", toml.replace(f'"{name}"', '"other"'), False),
        ("Windows", powershell, True),
        ("Windows", powershell.replace(f"'{name}'", "'other'"), False),
        ("Windows", powershell.replace("Start-EKS", "Stop-EKS"), False),
        ("Windows", powershell.replace("<powershell>", ""), False),
        ("Windows", gzip.compress(powershell.encode()), False),
    ]


def test_nodes_of_an_own_image_join_with_whole_user_data_alone(aws):
    wrong, cases = [], list(enumerate(complete(aws)))
    for number, (family, user_data, _) in cases:
        begin(aws, f"complete-{number}", family, user_data, own_image=True)
    for number, (family, _, joins) in cases:
        group = end(aws, f"complete-{number}")
        codes = [issue["code"] for issue in group["health"]["issues"]]
        expected = ("ACTIVE", []) if joins else ("CREATE_FAILED", ["NodeCreationFailure"])
        if (group["status"], codes) != expected:
            wrong.append((number, family, group["status"], codes))
    assert not wrong


def test_al2_nodes_want_their_bootstrap(old_aws):
    name, endpoint, authority, _ = facts(old_aws)
    call = f"/etc/eks/bootstrap.sh {name} --apiserver-endpoint {endpoint} --b64-cluster-ca {authority}"
    rows = [
        (call, "ACTIVE"),
        (call + " --use-max-pods", "CREATE_FAILED"),
        (call + " --ip-family ipv6", "CREATE_FAILED"),
    ]
    for number, (text, status) in enumerate(rows):
        user_data = mime((SHELL, f"#!/bin/bash\n{text}"))
        group = settled(old_aws, f"al2-{number}", "AL2", user_data, own_image=True)
        assert group["status"] == status, text


def test_a_version_that_breaks_its_nodes_fails_the_update(aws):
    """And the group goes back, as it does for any other reason."""
    good = mime((NODE, node_config(cluster=whole_cluster(aws))))
    bad = mime((NODE, node_config(cluster=whole_cluster(aws, name="other"))))
    template(aws, "rolls", "AL2023", good, own_image=True)
    ec2, eks = aws.client("ec2"), aws.client("eks")
    ec2.create_launch_template_version(
        LaunchTemplateName="rolls", SourceVersion="1", LaunchTemplateData={"UserData": encoded(bad)}
    )
    group = {"clusterName": CLUSTER, "nodegroupName": "rolls"}
    eks.create_nodegroup(
        **group,
        nodeRole=f"arn:aws:iam::{ACCOUNT}:role/eksworkshop-node",
        subnets=SUBNETS,
        scalingConfig={"minSize": 1, "maxSize": 2, "desiredSize": 1},
        launchTemplate={"name": "rolls", "version": "1"},
    )
    wait = {"Delay": 1, "MaxAttempts": 60}
    eks.get_waiter("nodegroup_active").wait(**group, WaiterConfig=wait)
    made = eks.update_nodegroup_version(**group, launchTemplate={"name": "rolls", "version": "2"})["update"]
    eks.get_waiter("nodegroup_active").wait(**group, WaiterConfig=wait)
    update = eks.describe_update(name=CLUSTER, nodegroupName="rolls", updateId=made["id"])["update"]
    assert update["status"] == "Failed", update
    assert [error["errorCode"] for error in update["errors"]] == ["NodeCreationFailure"], update
    assert eks.describe_nodegroup(**group)["nodegroup"]["launchTemplate"]["version"] == "1"
    eks.delete_nodegroup(**group)


def test_the_log_says_why_nodes_never_join(tmp_path):
    """EKS does not, and neither does the sandbox's EKS. No word of the user data is in it: it may hold secrets."""
    with sandbox_server(tmp_path / "aws", "-v") as server:
        user_data = mime((SHELL, "#!/bin/bash\necho secret-of-mine"))
        group = settled(server, "silent", "AL2023", user_data, own_image=True)
        assert group["status"] == "CREATE_FAILED"
    said = (tmp_path / "aws/sandbox.err").read_text()
    assert "nodes will not join" in said and "could not find NodeConfig within UserData" in said, said
    assert "secret-of-mine" not in said and "secret-of-mine" not in str(group)
