"""Bottlerocket's golden cases, read by Python's TOML parser, which nobody here wrote.

Whether a setting exists is told by facts taken down from Bottlerocket's own model (facts/README.md): the model is
a crate of a workspace that is not published, so there is no package to ask.
"""

import copy
import functools
import json
import re
import tomllib

import jsonschema
import pytest
from goldens import HERE, SETTINGS, case, complete, facts, name, ours, plain, template

OURS = [path for path in SETTINGS if ours(path)]
WRITTEN = [path for path in OURS if "overrideBootstrap" not in template(path).get("userData", {})]

# What Bottlerocket cannot join without; EKS brings it where the image is left to it.
CLUSTER = {"cluster-name", "api-server", "cluster-certificate", "cluster-dns-ip"}


def read(path):
    return tomllib.loads(plain(path).decode())


@functools.cache
def kubernetes_settings():
    loaded = json.loads((HERE / "facts/bottlerocket-kubernetes.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(loaded)
    return jsonschema.Draft202012Validator(loaded)


def problems(document):
    found = [f"{key} is no table of settings" for key in document if key != "settings"]
    kubernetes = document.get("settings", {}).get("kubernetes", {})
    return found + [f"{error.json_path}: {error.message}" for error in kubernetes_settings().iter_errors(kubernetes)]


@pytest.mark.parametrize("path", SETTINGS, ids=name)
def test_the_settings_are_those_that_bottlerocket_has(path):
    assert problems(read(path)) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[setting.kubernetes]\nmax-pods = 3\n", "setting is no table of settings"),
        ("[settings.kubernetes]\nmax-pod = 3\n", "'max-pod' was unexpected"),
        ('[settings.kubernetes]\nmax-pods = "3"\n', "'3' is not of type 'integer'"),
        ("[settings.kubernetes.node-labels]\na = 1\n", "1 is not of type 'string'"),
    ],
)
def test_a_wrong_setting_is_seen_to_be_wrong(text, says):
    (found,) = problems(tomllib.loads(text))
    assert says in found


def test_a_table_that_is_given_twice_is_no_toml():
    with pytest.raises(tomllib.TOMLDecodeError):
        tomllib.loads("[settings.kubernetes]\nmax-pods = 3\n[settings.kubernetes]\nmax-pods = 4\n")


def merged(base, over):
    """TOML on TOML: tables merge, everything else is replaced."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return copy.deepcopy(over)
    return base | {key: merged(base.get(key), value) for key, value in over.items()}


# What EKS would bring of its own, by the keys that its guide names.
OF_EKS = {
    "settings": {
        "kubernetes": {
            "cluster-name": "c",
            "api-server": "https://c.example.com",
            "cluster-certificate": "YQ==",
            "cluster-dns-ip": "10.100.0.10",
            "max-pods": 29,
            "node-labels": {"eks.amazonaws.com/nodegroup": "workers"},
        }
    }
}


@pytest.mark.parametrize("path", SETTINGS, ids=name)
def test_merged_twice_is_merged_once(path):
    """Whoever merges ours over EKS's, and whether once or again: ours is whole in it, and nothing of EKS's is lost."""
    ours = read(path)
    once = merged(OF_EKS, ours)
    assert merged(once, ours) == once
    assert merged(ours, ours) == ours
    assert merged(once, {}) == once
    labels = once["settings"]["kubernetes"]["node-labels"]
    assert "eks.amazonaws.com/nodegroup" in labels
    assert problems(once) == []


@pytest.mark.parametrize("path", OURS, ids=name)
def test_the_node_learns_its_cluster_from_exactly_one_side(path):
    kubernetes = read(path)["settings"].get("kubernetes", {})
    if not complete(path):
        assert not (CLUSTER | {"node-labels", "node-taints"}) & set(kubernetes)
        return
    cluster, locked = facts(path)
    assert set(kubernetes) >= CLUSTER
    got = [kubernetes[key] for key in ("cluster-name", "api-server", "cluster-certificate")]
    assert got == [cluster, locked["endpoint"], locked["certificateAuthority"]]


@pytest.mark.parametrize("path", [path for path in SETTINGS if not complete(path)], ids=name)
def test_eks_can_read_what_it_merges(path):
    """Its parser takes less than TOML: no escapes, no quoted keys in a header, no list of mixed types."""
    text = plain(path).decode()
    assert "\\" not in text
    assert not [line for line in text.splitlines() if line.startswith("[") and ('"' in line or "'" in line)]

    def values(found):
        for value in found.values() if isinstance(found, dict) else found if isinstance(found, list) else ():
            yield value
            yield from values(value)

    for value in values(read(path)):
        assert not isinstance(value, list) or len({type(item) for item in value}) <= 1
        assert not isinstance(value, str) or not re.search(r"[\"'\\\n]", value)


@pytest.mark.parametrize("path", SETTINGS, ids=name)
def test_the_users_own_toml_is_in_it_whole(path):
    """`settings`, then the parts, each over what was before; a setting that nobody here knows is kept."""
    given = template(path).get("userData", {})
    if "overrideBootstrap" in given:
        assert plain(path) == (case(path) / given["overrideBootstrap"]["file"]).read_bytes()
    theirs = {"settings": given.get("settings", {})}
    for part in given.get("parts", []):
        theirs = merged(theirs, tomllib.loads((case(path) / part["file"]).read_text()))
    assert merged(read(path), theirs) == read(path)


@pytest.mark.parametrize("path", WRITTEN, ids=name)
def test_the_settings_say_what_the_spec_says(path):
    given = template(path).get("userData", {})
    settings = read(path)["settings"]
    wanted = {"kubernetes": {}}
    if "maxPods" in given.get("kubelet", {}):
        wanted["kubernetes"]["max-pods"] = given["kubelet"]["maxPods"]
    if "nodeLabels" in given:
        wanted["kubernetes"]["node-labels"] = given["nodeLabels"]
    for taint in given.get("taints", []):
        effects = wanted["kubernetes"].setdefault("node-taints", {}).setdefault(taint["key"], [])
        effects.append(f"{taint.get('value', '')}:{taint['effect']}")
    if "clusterDns" in given:
        dns = given["clusterDns"]
        wanted["kubernetes"]["cluster-dns-ip"] = dns if len(dns) > 1 else dns[0]
    if "registries" in given:
        mirrors = [{"registry": one["host"], "endpoints": one["mirrors"]} for one in given["registries"]]
        wanted["container-registry"] = {"mirrors": mirrors}
    assert merged(settings, wanted) == settings
    assert ("bootstrap-commands" in settings) == ("localDisks" in given)
