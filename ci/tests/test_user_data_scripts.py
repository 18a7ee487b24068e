"""What the scripts that nodemint writes itself leave on a node: run by bash below a folder of the test, with jq for
the kubelet's file, and the files read as containerd and the kubelet read them.

The scripts see the folder in the place of /etc and no program but those that they need, so that nothing of this
machine is touched.
"""

import json
import re
import shutil
import tomllib

import jsonschema
import pytest
from goldens import HERE, PARTS, name, run, template

REGISTRIES = [part for part in PARTS if part.name.endswith("-registries.sh")]
KUBELET = [part for part in PARTS if part.name.endswith("-kubelet.config.sh")]
PROGRAMS = ("cat", "jq", "mkdir")
ON_THE_NODE = {"kind": "KubeletConfiguration", "maxPods": 29, "systemReserved": {"cpu": "1m", "pid": "9"}}


@pytest.fixture
def node(tmp_path):
    """Runs a script; gives the folder that it took for /etc."""
    etc, programs = tmp_path / "etc", tmp_path / "bin"
    config = etc / "kubernetes/kubelet/kubelet-config.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps(ON_THE_NODE))
    programs.mkdir()
    for program in PROGRAMS:
        found = shutil.which(program)
        assert found, f"there is no {program}: apt-get install {program}"
        (programs / program).symlink_to(found)

    def play(text):
        assert text.startswith("#!/bin/bash\n")
        moved = text.removeprefix("#!/bin/bash\n").replace("/etc/", f"{etc}/")
        # No other absolute path, but in a URL or behind another name.
        assert not re.findall(rf"(?<![\w:/.-])/(?!{re.escape(str(tmp_path))[1:]})[a-z]", moved), moved
        done = run(["/bin/bash", "-c", moved], text=True, env={"PATH": str(programs)}, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return etc

    return play


def test_there_is_something_to_test():
    assert len(REGISTRIES) >= 3 and len(KUBELET) >= 2


@pytest.mark.parametrize("script", REGISTRIES, ids=name)
def test_containerd_finds_the_mirrors_of_the_spec(node, script):
    """A folder a registry, `_default` for all; the mirrors in their order; a path of one's own kept as it is."""
    folder = node(script.read_text()) / "containerd/certs.d"
    given = template(script.parent)["userData"]["registries"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        "_default" if one["host"] == "*" else one["host"] for one in given
    )
    for one in given:
        path = folder / ("_default" if one["host"] == "*" else one["host"]) / "hosts.toml"
        hosts = tomllib.loads(path.read_text())
        assert set(hosts) <= {"host", "server"}
        assert list(hosts["host"]) == one["mirrors"]
        for mirror, settings in hosts["host"].items():
            assert set(settings) <= {"capabilities", "override_path"}
            assert settings["capabilities"] == ["pull", "resolve"]
            # Without it containerd puts `/v2` behind the path.
            assert settings.get("override_path", False) == bool(re.search(r"//[^/]+/.", mirror))


@pytest.mark.parametrize("script", KUBELET, ids=name)
def test_the_kubelets_file_has_the_fields_of_the_spec(node, script):
    config = json.loads((node(script.read_text()) / "kubernetes/kubelet/kubelet-config.json").read_text())
    given = template(script.parent)["userData"]["kubelet"]["config"]

    def over(base, more):
        both = isinstance(base, dict) and isinstance(more, dict)
        return base | {key: over(base.get(key), value) for key, value in more.items()} if both else more

    assert config == over(ON_THE_NODE, given)
    jsonschema.Draft202012Validator(json.loads((HERE / "facts/kubelet.schema.json").read_text())).validate(config)


def test_a_script_that_fails_is_seen_to_fail(node):
    with pytest.raises(AssertionError):
        node("#!/bin/bash\nset -euo pipefail\njq . /etc/nowhere.json\n")


def test_a_script_reaches_nothing_else(node):
    with pytest.raises(AssertionError):
        node("#!/bin/bash\ncat /proc/version\n")
    with pytest.raises(AssertionError, match="not found"):
        node("#!/bin/bash\nset -e\nsysctl -a\n")
