"""The golden cases read as nodeadm reads them: the frame by Go's own mail and MIME packages, the documents against
what nodeadm's NodeConfig and the kubelet's KubeletConfiguration have.

nodeadm itself is no package that could be installed here. `go/parts.go` calls what nodeadm calls, and nothing of
ours; PyYAML follows YAML 1.1, as Go's parser behind nodeadm does.
"""

import base64
import functools
import gzip
import json
import os
import re
import shutil
import tomllib

import jsonschema
import pytest
import yaml
from goldens import GOLDEN, HERE, MIME, NODE_CONFIG, NODE_CONFIGS, complete, in_base64, kind, name, parts, plain, run

PACKINGS = {
    "plain": lambda blob: blob,
    "gzip": lambda blob: gzip.compress(blob, mtime=0),
    "base64": base64.b64encode,
    "gzip in base64": lambda blob: base64.b64encode(gzip.compress(blob, mtime=0)),
    "parts in base64": in_base64,
}


@pytest.fixture(scope="session")
def go_parts(tmp_path_factory):
    """The program that reads with Go's packages; it needs nothing but Go's own library."""
    assert shutil.which("go"), "there is no Go: apt-get install golang-go"
    program = tmp_path_factory.mktemp("go") / "parts"
    env = {**os.environ, "GOFLAGS": "", "GOPROXY": "off", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    done = run(["go", "build", "-o", program, HERE / "go/parts.go"], env=env, text=True)
    assert done.returncode == 0, done.stderr

    def read(paths):
        done = run([program, *paths], text=True)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return read


@pytest.fixture(scope="module")
def seen(go_parts, tmp_path_factory):
    """(document, packing) → what Go makes of it."""
    folder = tmp_path_factory.mktemp("packed")
    keys = [(document, packing) for document in MIME for packing in PACKINGS]
    paths = [folder / str(number) for number in range(len(keys))]
    for path, (document, packing) in zip(paths, keys, strict=True):
        path.write_bytes(PACKINGS[packing](plain(document)))
    return dict(zip(keys, go_parts(paths), strict=True))


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("document", MIME, ids=name)
def test_go_gives_every_part_back(seen, document, packing):
    answer = seen[document, packing]
    assert answer["error"] == ""
    found = [(part["type"], base64.b64decode(part["body"])) for part in answer["parts"]]
    assert found == [(kind(part), part.read_bytes()) for part in parts(document)]


PART = b"--B\nContent-Type: application/node.eks.aws\n\nspec: {}\n--B--\n"
BROKEN = {
    "no blank line before the first boundary": b'Content-Type: multipart/mixed; boundary="B"\n' + PART,
    "a boundary in no quotes": b"Content-Type: multipart/mixed; boundary=//\n\n" + PART.replace(b"--B", b"--//"),
    "another boundary": b'Content-Type: multipart/mixed; boundary="C"\n\n' + PART,
    "a blank line first": b'\nContent-Type: multipart/mixed; boundary="B"\n\n' + PART,
}


@pytest.mark.parametrize("document", BROKEN.values(), ids=BROKEN)
def test_a_broken_document_is_seen_to_be_broken(go_parts, tmp_path, document):
    path = tmp_path / "user-data"
    path.write_bytes(document)
    (answer,) = go_parts([path])
    assert not answer["parts"]


@functools.cache
def schema(of):
    loaded = json.loads((HERE / "facts" / f"{of}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(loaded)
    return jsonschema.Draft202012Validator(loaded)


def problems(document):
    """What nodeadm, containerd or the kubelet would not know or not take in a NodeConfig."""
    found = [f"{error.json_path}: {error.message}" for error in schema("nodeconfig").iter_errors(document)]
    spec = document.get("spec") or {}
    kubelet = (spec.get("kubelet") or {}).get("config") or {}
    found += [f"kubelet {error.json_path}: {error.message}" for error in schema("kubelet").iter_errors(kubelet)]
    try:
        tomllib.loads((spec.get("containerd") or {}).get("config") or "")
    except tomllib.TOMLDecodeError as error:
        found.append(f"containerd: {error}")
    return found


@functools.cache
def published():
    """The schema that nodemint publishes and goes by itself."""
    return jsonschema.Draft202012Validator(json.loads((GOLDEN / "schema/nodeconfig.schema.json").read_text()))


@pytest.mark.parametrize("path", NODE_CONFIGS, ids=name)
def test_a_node_config_has_what_nodeadm_has(path):
    document = yaml.safe_load(path.read_text())
    assert problems(document) == []
    assert published().is_valid(document)


def node_config(**spec):
    return {"apiVersion": "node.eks.aws/v1alpha1", "kind": "NodeConfig", "spec": spec}


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({**node_config(), "kind": "NodeConfigs"}, "'NodeConfig' was expected"),
        (node_config(clusters={}), "'clusters' was unexpected"),
        (node_config(cluster={"certificateAuthority": "no base64!"}), "does not match"),
        (node_config(kubelet={"flags": ["node-labels=a=b"]}), "does not match"),
        (node_config(kubelet={"config": {"maxPod": 3}}), "'maxPod' was unexpected"),
        (node_config(kubelet={"config": {"maxPods": "3"}}), "'3' is not of type 'integer'"),
        (node_config(instance={"localStorage": {"strategy": "raid0"}}), "'raid0' is not one of"),
        (node_config(featureGates={"FastImagePulls": True}), "'FastImagePulls' is not one of"),
        (node_config(containerd={"config": "[plugins\n"}), "containerd:"),
    ],
)
def test_a_wrong_node_config_is_seen_to_be_wrong(document, says):
    (found,) = problems(document)
    assert says in found
    # It names the fields of a NodeConfig: not the kubelet's and containerd's, and not how a text is written.
    beyond = found.startswith(("kubelet", "containerd")) or "does not match" in found
    assert published().is_valid(document) == beyond


def merged(configs):
    """One after the other: the later wins, mappings merge, lists are replaced, and kubelet.flags grow."""

    def over(base, more, at=()):
        if isinstance(base, dict) and isinstance(more, dict):
            return base | {key: over(base.get(key), value, (*at, key)) for key, value in more.items()}
        grows = at == ("spec", "kubelet", "flags")
        return (base or []) + more if grows else more

    total = {}
    for config in configs:
        total = over(total, config)
    return total


WITH_NODE_CONFIG = [document for document in MIME if any(part in NODE_CONFIGS for part in parts(document))]


@pytest.mark.parametrize("document", WITH_NODE_CONFIG, ids=name)
def test_what_nodeadm_ends_with_is_whole(seen, document):
    """All the documents together name the cluster, if nobody else does."""
    found = [base64.b64decode(part["body"]) for part in seen[document, "plain"]["parts"] if part["type"] == NODE_CONFIG]
    total = merged([yaml.safe_load(one) for one in found])
    assert problems(total) == []
    cluster = total["spec"].get("cluster", {})
    assert complete(document) == bool(cluster)
    if cluster:
        assert {"name", "apiServerEndpoint", "certificateAuthority", "cidr"} <= set(cluster)
        assert re.fullmatch(r"https://\S+", cluster["apiServerEndpoint"])
        assert base64.b64decode(cluster["certificateAuthority"], validate=True).startswith(b"-----BEGIN CERTIFICATE")


def test_the_merge_is_nodeadms():
    one = node_config(kubelet={"flags": ["--a"], "config": {"evictionHard": {"x": "1"}, "clusterDNS": ["1"]}})
    two = node_config(kubelet={"flags": ["--b"], "config": {"evictionHard": {"y": "2"}, "clusterDNS": ["2"]}})
    kubelet = merged([one, two])["spec"]["kubelet"]
    assert kubelet == {"flags": ["--a", "--b"], "config": {"evictionHard": {"x": "1", "y": "2"}, "clusterDNS": ["2"]}}
