"""What the golden cases render, for every family: the frame, the shell scripts, and who tells the node its cluster.

bash and shellcheck read the scripts; bash runs the bootstrap parts, with a bootstrap.sh that prints what it is
given. What each family's own reader makes of the documents is in the files beside this one: cloud-init's, nodeadm's,
Bottlerocket's and PowerShell's.
"""

import email
import email.policy
import json

import pytest
import yaml
from goldens import (
    AS_GIVEN,
    GOLDEN,
    GZIPPED,
    MIME,
    NODE_CONFIGS,
    OURS,
    PARTS,
    POWERSHELL,
    SETTINGS,
    TYPES,
    case,
    complete,
    facts,
    kind,
    name,
    ours,
    parts,
    plain,
    run,
    shell,
    template,
)

SCRIPTS = [part for part in PARTS if part.name.endswith(".sh") and shell(part)]

# bootstrap.sh of amazon-eks-ami, templates/al2/runtime/bootstrap.sh; Ubuntu's is made from it.
FLAGS = {
    "--apiserver-endpoint",
    "--aws-api-retry-attempts",
    "--b64-cluster-ca",
    "--cluster-id",
    "--container-runtime",
    "--containerd-config-file",
    "--dns-cluster-ip",
    "--docker-config-json",
    "--enable-docker-bridge",
    "--enable-local-outpost",
    "--ip-family",
    "--kubelet-extra-args",
    "--local-disks",
    "--mount-bpf-fs",
    "--pause-container-account",
    "--pause-container-version",
    "--service-ipv6-cidr",
    "--use-max-pods",
}


def test_there_is_something_to_test():
    assert len(MIME) >= 35 and len(SETTINGS) >= 10 and len(POWERSHELL) >= 12
    assert len(SCRIPTS) >= 40 and len(NODE_CONFIGS) >= 12
    assert len(OF_ONES_OWN) >= 2
    # No user data is left out: each is of a kind that is known here.
    assert set(GOLDEN.glob("*/rendered/*/*/user-data.*")) == {*MIME, *SETTINGS, *POWERSHELL, *AS_GIVEN}
    assert not any(ours(document) for document in AS_GIVEN)
    # Every part has a type that is known here, and every type has a part: `kind` raises otherwise.
    assert {kind(part) for part in PARTS} == set(TYPES.values())


@pytest.mark.parametrize("document", GZIPPED, ids=name)
def test_gzip_has_no_time_and_holds_the_document(document):
    blob = document.read_bytes()
    # RFC 1952: no flags, no time, no name; the system is not told.
    assert blob[:10] == bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 255])
    assert len(blob) <= 16384
    if document.name == "user-data.toml.gz":
        assert plain(document) == b"".join(part.read_bytes() for part in parts(document))
        return
    message = email.message_from_bytes(plain(document), policy=email.policy.strict)
    assert [part.get_content_type() for part in message.iter_parts()] == [kind(part) for part in parts(document)]


@pytest.mark.parametrize("document", OURS, ids=name)
def test_the_frame(document):
    blob = plain(document)
    assert blob.startswith(b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="')
    assert b"\r" not in blob
    assert blob.isascii()
    assert len(document.read_bytes()) <= 16384
    message = email.message_from_bytes(blob, policy=email.policy.strict)
    assert message.is_multipart()
    assert all(not part.defects for part in message.walk())


@pytest.mark.parametrize("document", [one for one in MIME + SETTINGS + POWERSHELL if not complete(one)], ids=name)
def test_what_eks_merges_is_not_gzipped(document):
    assert plain(document) == document.read_bytes()


def bash_accepts(script):
    return run(["bash", "-n", script]).returncode == 0


def shellcheck(script):
    """The codes of what shellcheck finds."""
    done = run(["shellcheck", "--format=json", script], text=True)
    assert done.returncode in (0, 1), done.stderr
    return [f"SC{found['code']}" for found in json.loads(done.stdout)]


@pytest.mark.parametrize("script", SCRIPTS, ids=name)
def test_scripts_are_well_formed(script):
    assert bash_accepts(script)


@pytest.mark.parametrize("script", SCRIPTS, ids=name)
def test_shellcheck_finds_nothing(script):
    assert shellcheck(script) == []


def test_a_broken_script_is_seen_to_be_broken(tmp_path):
    script = tmp_path / "broken.sh"
    script.write_text("#!/bin/bash\nif true; then echo 1\n")
    assert not bash_accepts(script)
    script.write_text("#!/bin/bash\nrm -rf $1/*\n")
    assert bash_accepts(script) and "SC2086" in shellcheck(script)


def arguments(script):
    """What a part calls bootstrap.sh with: the cluster's name, and the flags with their values. A restricted bash
    with nothing on its path writes no file and runs no program: the parts are meant for a node, not for this machine.
    """
    text = script.read_text()
    assert text.count("/etc/eks/bootstrap.sh") == 1
    printing = text.replace("/etc/eks/bootstrap.sh", "printf '%s\\n'")
    done = run(["/bin/bash", "--restricted", "-c", printing], text=True, env={"PATH": ""})
    assert done.returncode == 0 and not done.stderr, done.stderr
    words = done.stdout.splitlines()
    return words[0], dict(zip(words[1::2], words[2::2], strict=True))


CALLERS = [one for one in MIME if complete(one) and ours(one) and template(one)["family"] != "AL2023"]
CALLS = [parts(document)[-1] for document in CALLERS]


@pytest.mark.parametrize("script", CALLS, ids=name)
def test_bootstrap_sh_is_told_the_cluster(script):
    cluster, locked = facts(script.parent)
    named, given = arguments(script)
    assert named == cluster
    assert given["--apiserver-endpoint"] == locked["endpoint"]
    assert given["--b64-cluster-ca"] == locked["certificateAuthority"]
    # It would take a flag that it does not know for the cluster's name.
    assert set(given) <= FLAGS
    # "--ip-family ipv6 requires --service-ipv6-cidr or --dns-cluster-ip"
    if locked["ipFamily"] == "ipv6":
        assert (given["--ip-family"], given["--service-ipv6-cidr"]) == ("ipv6", locked["serviceCidr"])
    else:
        assert "--ip-family" not in given and given["--dns-cluster-ip"]
    assert ("--max-pods=" in given.get("--kubelet-extra-args", "")) == (given.get("--use-max-pods") == "false")


def test_nothing_but_the_call_is_run(tmp_path):
    script, made = tmp_path / "bootstrap.sh", tmp_path / "made"
    script.write_text(f"#!/bin/bash\necho 1 > {made}\n/etc/eks/bootstrap.sh c --use-max-pods false\n")
    with pytest.raises(AssertionError, match="restricted"):
        arguments(script)
    assert not made.exists()


def test_a_flag_that_takes_no_value_is_seen(tmp_path):
    """It would shift all that follow: `--flag=value` is one word, and bootstrap.sh wants two."""
    script = tmp_path / "bootstrap.sh"
    script.write_text("#!/bin/bash\n/etc/eks/bootstrap.sh c --use-max-pods=false --dns-cluster-ip 10.0.0.10\n")
    with pytest.raises(ValueError):
        arguments(script)


LEFT_TO_EKS = [document for document in MIME if not complete(document)]


@pytest.mark.parametrize("document", LEFT_TO_EKS, ids=name)
def test_what_is_left_to_eks_is_left_to_it(document):
    configs = [yaml.safe_load(part.read_text()) for part in parts(document) if part in NODE_CONFIGS]
    assert not any("cluster" in config["spec"] for config in configs)
    assert not any("bootstrap.sh" in part.read_text() for part in parts(document))


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*/rendered/*/*/launch-template-data.yaml")), ids=name)
def test_an_image_and_a_bootstrap_go_together(path):
    """With an image in the launch template EKS adds nothing, so there must be user data."""
    data = yaml.safe_load(path.read_text())
    assert ("ImageId" in data) == complete(path)
    assert "UserData" in data or not complete(path)


OF_NODEADM = [document for document in MIME if complete(document) and template(document)["family"] == "AL2023"]


@pytest.mark.parametrize("document", OF_NODEADM, ids=name)
def test_nodeadm_is_told_the_cluster(document):
    """By the last document, or by the script that takes its place."""
    cluster, locked = facts(document)
    wanted = {
        "name": cluster,
        "apiServerEndpoint": locked["endpoint"],
        "certificateAuthority": locked["certificateAuthority"],
        "cidr": locked["serviceCidr"],
    }
    last = parts(document)[-1]
    if last in NODE_CONFIGS:
        assert yaml.safe_load(last.read_text())["spec"]["cluster"] == wanted
    else:
        assert all(f"{key}: {value}\n" in last.read_text() for key, value in wanted.items())


OF_ONES_OWN = AS_GIVEN + [path for path in SETTINGS if not ours(path)]


@pytest.mark.parametrize("path", OF_ONES_OWN, ids=name)
def test_a_document_of_ones_own_goes_out_as_it_is(path):
    given = template(path)["userData"]
    brought = given.get("overrideBootstrap") or given["parts"][0]
    assert plain(path) == (case(path) / brought["file"]).read_bytes()


@pytest.mark.parametrize("status, says", [("0", ""), ("7", "nodemint: preBootstrap[0] failed with exit status 7\n")])
def test_a_failing_step_says_so(tmp_path, status, says):
    """The frame of a `run:` step, taken from a case, around a step that ends with a status."""
    step = 'logger -t nodemint "preBootstrap is done"\n'
    framed = next(GOLDEN.glob("eksworkshop/rendered/*/*/parts/01-preBootstrap-1.sh")).read_text()
    assert framed.endswith(step)
    script = tmp_path / "step.sh"
    script.write_text(framed.removesuffix(step).replace("[1]", "[0]") + f"(exit {status})\n")
    done = run(["bash", script], text=True)
    assert (str(done.returncode), done.stderr) == (status, says)
