"""What the golden cases render, read by the programs that read it on a node.

cloud-init's own UserDataProcessor gives the parts back; bash and shellcheck read the scripts; PyYAML, which
follows YAML 1.1 as Go's parser behind nodeadm does, reads the NodeConfigs; tomllib reads Bottlerocket's
settings. There is no PowerShell here: of Windows' documents the structure is checked.
"""

import base64
import email
import email.policy
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).parent
GOLDEN = HERE.parent.parent / "golden"
DOCUMENTS = sorted(GOLDEN.glob("*/rendered/*/*/user-data.mime"))
DATA = sorted(GOLDEN.glob("*/rendered/*/*/launch-template-data.yaml"))
SETTINGS = sorted(GOLDEN.glob("*/rendered/*/*/user-data.toml"))
POWERSHELL = sorted(GOLDEN.glob("*/rendered/*/*/user-data.ps1.txt"))
PARTS = sorted(path for document in DOCUMENTS for path in (document.parent / "parts").iterdir())
SHELLS = ("sh", "bash")

# How `nodemint render` names a part's file for each type.
TYPES = {
    ".nodeconfig.yaml": "application/node.eks.aws",
    ".cloud-config.yaml": "text/cloud-config",
    ".boothook.sh": "text/cloud-boothook",
    ".sh": "text/x-shellscript",
}


def name(path: Path) -> str:
    return str(path.relative_to(GOLDEN))


def kind(path: Path) -> str:
    return next(kind for ending, kind in TYPES.items() if path.name.endswith(ending))


def shell(path: Path) -> str | None:
    """The shell that a script names in its first line; None for another interpreter."""
    first = path.read_bytes().split(b"\n", 1)[0].decode()
    assert first.startswith("#!"), f"{path}: no interpreter"
    interpreter = first[2:].split()[-1].rsplit("/", 1)[-1]
    return interpreter if interpreter in SHELLS else None


SCRIPTS = [path for path in PARTS if path.name.endswith(".sh") and shell(path)]
NODE_CONFIGS = [path for path in PARTS if kind(path) == "application/node.eks.aws"]


def test_there_is_something_to_test():
    assert len(DOCUMENTS) >= 9
    assert len(SCRIPTS) >= 10
    assert len(NODE_CONFIGS) >= 6
    assert len(SETTINGS) >= 2
    assert len(POWERSHELL) >= 2
    # No user data is left out: each is of one of the three kinds.
    assert len(list(GOLDEN.glob("*/rendered/*/*/user-data.*"))) == len(DOCUMENTS + SETTINGS + POWERSHELL)
    # Every part has a type that is known here: `kind` raises otherwise.
    assert {kind(path) for path in PARTS} == set(TYPES.values())


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_cloud_init_gives_every_part_back(document: Path):
    command = ["/usr/bin/python3", str(HERE / "cloudinit_parts.py"), str(document)]
    run = subprocess.run(command, capture_output=True, check=True, timeout=60)
    got = [(part["type"], base64.b64decode(part["body"])) for part in json.loads(run.stdout)]
    want = [(kind(path), path.read_bytes()) for path in sorted((document.parent / "parts").iterdir())]
    assert got == want


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_the_frame(document: Path):
    blob = document.read_bytes()
    assert blob.startswith(b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="')
    assert b"\r" not in blob
    assert blob.isascii()
    assert len(blob) <= 16384
    message = email.message_from_bytes(blob, policy=email.policy.strict)
    assert message.is_multipart()
    assert all(not part.defects for part in message.walk())


@pytest.mark.parametrize("script", SCRIPTS, ids=name)
def test_scripts_are_well_formed(script: Path):
    subprocess.run(["bash", "-n", str(script)], check=True, capture_output=True, timeout=60)


@pytest.mark.parametrize("script", SCRIPTS, ids=name)
def test_shellcheck_finds_nothing(script: Path):
    run = subprocess.run(["shellcheck", str(script)], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("path", NODE_CONFIGS, ids=name)
def test_node_configs_are_what_nodeadm_takes(path: Path):
    document = yaml.safe_load(path.read_text())
    assert document["apiVersion"] == "node.eks.aws/v1alpha1"
    assert document["kind"] == "NodeConfig"
    known = {"cluster", "kubelet", "containerd", "instance", "featureGates"}
    assert set(document["spec"]) <= known
    flags = document["spec"].get("kubelet", {}).get("flags", [])
    assert all(isinstance(flag, str) and flag.startswith("--") for flag in flags)


def settings_cluster(text: str) -> tuple | None:
    """What Bottlerocket's settings say of the cluster; None if nothing."""
    kubernetes = tomllib.loads(text)["settings"]["kubernetes"]
    keys = ("cluster-name", "api-server", "cluster-certificate")
    found = tuple(kubernetes.get(key) for key in keys)
    return found if any(found) else None


def powershell_cluster(text: str) -> tuple | None:
    """What Start-EKSBootstrap.ps1 is called with; None if it is not called."""
    if "Start-EKSBootstrap" not in text:
        return None
    given = dict(re.findall(r"-(\w+) '((?:[^']|'')*)' `\n", text))
    assert set(given) <= {
        "APIServerEndpoint",
        "Base64ClusterCA",
        "DNSClusterIP",
        "EKSClusterName",
        "KubeletExtraArgs",
        "ServiceCIDR",
    }
    return given["EKSClusterName"], given["APIServerEndpoint"], given["Base64ClusterCA"]


@pytest.mark.parametrize("path", SETTINGS, ids=name)
def test_bottlerocket_reads_the_settings_of_the_spec(path: Path):
    document = tomllib.loads(path.read_text())
    assert set(document) == {"settings"} and set(document["settings"]) == {"kubernetes"}
    kubernetes = document["settings"]["kubernetes"]
    spec = yaml.safe_load((GOLDEN / path.relative_to(GOLDEN).parts[0] / "nodemint.yaml").read_text())
    given = spec["launchTemplates"][0]["userData"]
    assert kubernetes["max-pods"] == given["kubelet"]["maxPods"]
    assert kubernetes.get("node-labels", {}) == given.get("nodeLabels", {})
    taints = [(key, one) for key, effects in kubernetes.get("node-taints", {}).items() for one in effects]
    wanted = [(one["key"], f"{one.get('value', '')}:{one['effect']}") for one in given.get("taints", [])]
    assert sorted(taints) == sorted(wanted)
    if path.parts[-5].endswith("-merged"):
        assert not {"cluster-dns-ip", "node-labels", "node-taints"} & set(kubernetes)
    else:
        assert kubernetes["cluster-dns-ip"] == given["clusterDns"]


@pytest.mark.parametrize("path", POWERSHELL, ids=name)
def test_powershell_is_one_block_made_of_its_parts(path: Path):
    text = path.read_bytes()
    parts = sorted((path.parent / "parts").iterdir())
    assert text == b"<powershell>\n" + b"".join(part.read_bytes() for part in parts) + b"</powershell>\n"
    assert text.isascii() and b"\r" not in text and len(text) <= 16384
    # The call comes last, and once.
    assert all(b"Start-EKSBootstrap" not in part.read_bytes() for part in parts[:-1])


@pytest.mark.parametrize("path", DATA, ids=name)
def test_the_node_learns_its_cluster_from_exactly_one_side(path: Path):
    """With an image in the launch template the bootstrap is ours and whole; without one it is EKS's."""
    case = GOLDEN / path.relative_to(GOLDEN).parts[0]
    cluster = path.parent.name
    facts = yaml.safe_load((case / "nodemint.lock").read_text())["clusters"][cluster]
    ours = "ImageId" in yaml.safe_load(path.read_text())
    parts = sorted((path.parent / "parts").iterdir()) if (path.parent / "parts").exists() else []
    if parts and parts[-1].suffix in (".toml", ".ps1"):
        read = settings_cluster if parts[-1].suffix == ".toml" else powershell_cluster
        keys = ("endpoint", "certificateAuthority")
        assert read(parts[-1].read_text()) == ((cluster, *(facts[key] for key in keys)) if ours else None)
        return
    if not ours:
        assert not any("cluster" in yaml.safe_load(part.read_text())["spec"] for part in parts if part in NODE_CONFIGS)
        assert not any("bootstrap.sh" in part.read_text() for part in parts)
        return
    last = parts[-1]
    if last in NODE_CONFIGS:
        assert yaml.safe_load(last.read_text())["spec"]["cluster"] == {
            "name": cluster,
            "apiServerEndpoint": facts["endpoint"],
            "certificateAuthority": facts["certificateAuthority"],
            "cidr": facts["serviceCidr"],
        }
        return
    # Run by bash with a bootstrap.sh that prints what it is given, one word a line.
    script = last.read_text().replace("/etc/eks/bootstrap.sh", "printf '%s\\n'")
    run = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, timeout=60)
    words = run.stdout.splitlines()
    assert words[0] == cluster
    given = dict(zip(words[1::2], words[2::2], strict=True))
    assert given["--apiserver-endpoint"] == facts["endpoint"]
    assert given["--b64-cluster-ca"] == facts["certificateAuthority"]
    # Every flag is one that bootstrap.sh knows: it would take another for the cluster's name.
    assert set(given) <= {
        "--apiserver-endpoint",
        "--b64-cluster-ca",
        "--dns-cluster-ip",
        "--ip-family",
        "--kubelet-extra-args",
        "--service-ipv6-cidr",
        "--use-max-pods",
    }


@pytest.mark.parametrize("status, says", [("0", ""), ("7", "nodemint: preBootstrap[0] failed with exit status 7\n")])
def test_a_failing_step_says_so(tmp_path: Path, status: str, says: str):
    """The frame of a `run:` step, taken from a case, around a step that ends with a status."""
    step = 'logger -t nodemint "preBootstrap is done"\n'
    framed = next(GOLDEN.glob("eksworkshop/rendered/*/*/parts/01-preBootstrap-1.sh")).read_text()
    assert framed.endswith(step)
    script = tmp_path / "step.sh"
    script.write_text(framed.removesuffix(step).replace("[1]", "[0]") + f"(exit {status})\n")
    run = subprocess.run(["bash", str(script)], capture_output=True, text=True, timeout=60)
    assert (str(run.returncode), run.stderr) == (status, says)
