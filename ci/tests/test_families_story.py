"""Bottlerocket, Windows and Ubuntu from an empty lock to running nodes. The embedded AWS reads user data as each
family does: nodes with a bootstrap that is not whole, or not for their cluster, do not become ready."""

import base64
import tomllib

import pytest
import yaml
from story import apply, describe_group, nothing_left, versions
from support import TEMPLATE

SHOWN = {"Bottlerocket": "[settings.kubernetes]\n", "Windows2022Core": "<powershell>\n", "Ubuntu2404": "MIME-Version: "}
COMPLETE = {"pinnedBy": "launchTemplate"}
MERGED = {"pinnedBy": "releaseVersion"}

# What the family's user data can say: the first version, and what the second one adds.
SETTINGS = {
    "Bottlerocket": (
        {"kubelet": {"maxPods": 29, "config": {"podPidsLimit": 4096, "evictionHard": {"memory.available": "5%"}}}},
        {
            "kubelet": {"maxPods": 20},
            "localDisks": "raid0",
            "registries": [{"host": "docker.io", "mirrors": ["https://mirror.example.com"]}],
            "settings": {"motd": "hello", "kernel": {"sysctl": {"net.core.somaxconn": "8192"}}},
        },
    ),
    "Windows2022Core": (
        {"preBootstrap": [{"run": 'Write-Host "it\'s $env:COMPUTERNAME"\n'}]},
        {"preBootstrap": [{"run": "Write-Host 2\n"}]},
    ),
    "Ubuntu2404": (
        {"preBootstrap": [{"run": "echo 1\n"}], "kubelet": {"maxPods": 29, "extraArgs": {"v": "2"}}},
        {"preBootstrap": [{"run": "echo 2\n"}]},
    ),
}
OURS = {"nodeLabels": {"team": "payments"}, "taints": [{"key": "os", "value": "own", "effect": "NoSchedule"}]}
AMI_TYPES = {"Bottlerocket": "BOTTLEROCKET_x86_64", "Windows2022Core": "WINDOWS_CORE_2022_x86_64"}
CASES = [(family, COMPLETE) for family in SETTINGS] + [(family, MERGED) for family in AMI_TYPES]


def write(project, family, pinned, user_data):
    """The golden case's spec with another family."""
    spec = yaml.safe_load(project.spec.read_text())
    (template,) = spec["launchTemplates"]
    template.update(family=family, ami={"eksOptimized": "latest", **pinned}, userData=user_data)
    project.spec.write_text(yaml.safe_dump(spec, sort_keys=False))


def user_data(version):
    return base64.b64decode(version["LaunchTemplateData"].get("UserData", "")).decode()


def bootstrap_of(family, text):
    """Whether user data starts the node itself."""
    if family == "Bottlerocket":
        return "cluster-name" in tomllib.loads(text)["settings"]["kubernetes"]
    return {"Windows2022Core": "Start-EKSBootstrap.ps1", "Ubuntu2404": "/etc/eks/bootstrap.sh"}[family] in text


@pytest.mark.parametrize(("family", "pinned"), CASES, ids=[f"{family}-{pin['pinnedBy']}" for family, pin in CASES])
def test_from_an_empty_lock_to_nodes_that_run(served, family, pinned):
    merged = pinned is MERGED
    # Labels and taints are the node group's in merged mode, because EKS says them itself.
    first, second = (settings if merged else {**settings, **OURS} for settings in SETTINGS[family])
    write(served, family, pinned, first)
    served.lock.unlink()
    served.run("validate")
    served.run("resolve")
    served.run("render")
    planned = served.run("plan", "--detailed-exitcode", code=2)
    assert f"+ launch template {TEMPLATE} in us-east-1 is created, version 1" in planned.out, str(planned)
    apply(served)
    nothing_left(served)

    group = describe_group(served.aws)
    assert group["status"] == "ACTIVE" and not group["health"]["issues"], group
    assert group["amiType"] == (AMI_TYPES[family] if merged else "CUSTOM")
    if merged:
        (locked,) = yaml.safe_load(served.lock.read_text())["launchTemplates"][TEMPLATE].values()
        assert group["releaseVersion"] == locked["releaseVersion"], group
    made = versions(served.aws)
    assert list(made) == [1] and ("ImageId" in made[1]["LaunchTemplateData"]) != merged
    text = user_data(made[1])
    assert text.startswith(SHOWN[family]) and bootstrap_of(family, text) != merged, text

    write(served, family, pinned, second)
    apply(served)
    nothing_left(served)
    group, made = describe_group(served.aws), versions(served.aws)
    assert group["status"] == "ACTIVE" and group["launchTemplate"]["version"] == "2", group
    assert sorted(made) == [1, 2] and user_data(made[2]) != text


def test_nodes_without_their_bootstrap_never_join(served):
    """What the story above rests on: the embedded AWS does read the user data."""
    (served.folder / "userdata/own.ps1").write_text("Write-Host 'no bootstrap'\n")
    write(served, "Windows2022Core", COMPLETE, {"overrideBootstrap": {"file": "userdata/own.ps1"}})
    served.lock.unlink()
    served.run("resolve")
    failed = apply(served, code=None)
    assert failed.code != 0 and "NodeCreationFailure" in failed.err, str(failed)
    assert describe_group(served.aws)["status"] == "CREATE_FAILED"


def test_an_image_of_ones_own(served):
    """The user's own bootstrap, byte for byte, and nodes that join by it."""
    served.run("resolve")
    ((locked,),) = (one.values() for one in yaml.safe_load(served.lock.read_text())["launchTemplates"].values())
    facts = yaml.safe_load(served.lock.read_text())["clusters"]["eksworkshop"]
    # The image is EKS's own AL2023, under the name of one's own: nodeadm takes the whole for a NodeConfig.
    cluster = {
        "name": "eksworkshop",
        "apiServerEndpoint": facts["endpoint"],
        "certificateAuthority": facts["certificateAuthority"],
        "cidr": facts["serviceCidr"],
    }
    own = {"apiVersion": "node.eks.aws/v1alpha1", "kind": "NodeConfig", "spec": {"cluster": cluster}}
    script = yaml.safe_dump(own, sort_keys=False)
    (served.folder / "userdata/join.yaml").write_text(script)
    write(served, "Custom", COMPLETE, {"overrideBootstrap": {"file": "userdata/join.yaml"}})
    refused = served.run("validate", code=1)
    assert "nobody publishes images of the family Custom" in refused.err, str(refused)
    spec = yaml.safe_load(served.spec.read_text())
    spec["launchTemplates"][0]["ami"] = {"id": locked["imageId"]}
    served.spec.write_text(yaml.safe_dump(spec, sort_keys=False))
    served.lock.unlink()
    served.run("validate")
    served.run("resolve")
    apply(served)
    nothing_left(served)
    made = versions(served.aws)
    assert user_data(made[1]) == script
    assert describe_group(served.aws)["amiType"] == "CUSTOM"
