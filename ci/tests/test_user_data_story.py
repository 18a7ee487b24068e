"""User data, from the spec to nodes that run: what EKS makes of it, what the nodes get, and that they join. The
embedded AWS reads it as EKS, EC2 and the nodes' own software do."""

import base64
import gzip
import json
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from nodes import AMI_TYPES, IMAGES, facts, node_config, old_seed, whole_cluster
from story import apply, describe_group, nothing_left, versions
from support import CLUSTER, Project, sandbox_server

HERE = Path(__file__).parent
MIRRORS = [{"host": "docker.io", "mirrors": ["https://mirror.example.com"]}]
# What a spec can say, by family and in both ways of pinning: the first version, and another one that rolls the nodes.
KUBELET = {"maxPods": 29, "config": {"podPidsLimit": 4096}, "extraArgs": {"v": "2"}}
STORIES = {
    "AL2023": (
        {
            "preBootstrap": [{"run": "echo 'größer'\n"}],
            "kubelet": KUBELET,
            "containerd": {
                "config": {
                    "plugins": {"io.containerd.grpc.v1.cri": {"containerd": {"discard_unpacked_layers": False}}}
                },
                "baseRuntimeSpec": {"process": {"noNewPrivileges": True}},
            },
            "localDisks": "raid0",
            "registries": MIRRORS,
        },
        {"kubelet": {"maxPods": 20}},
    ),
    # EKS's own bootstrap of AL2 leaves no way to the rest.
    "AL2": (
        {"preBootstrap": [{"run": "echo 1\n"}], "localDisks": "mount", "registries": MIRRORS},
        {"preBootstrap": [{"run": "echo 2\n"}]},
    ),
}
# What of it the nodes get told, whoever says it.
TOLD = {
    "AL2023": ["maxPods: 29", "podPidsLimit: 4096", "discard_unpacked_layers", "noNewPrivileges", "RAID0"],
    "AL2": ["mount"],
}
OURS = {"nodeLabels": {"team": "payments"}, "taints": [{"key": "dedicated", "value": "x", "effect": "NoSchedule"}]}
TAINTS = [{"key": "dedicated", "value": "x", "effect": "NoSchedule"}]


def write(project, family, pinned_by, user_data):
    spec = yaml.safe_load(project.spec.read_text())
    (one,) = spec["launchTemplates"]
    ami = {"eksOptimized": "latest", "pinnedBy": pinned_by}
    one.update(family=family, ami=ami, userData=user_data)
    (group,) = spec["nodeGroups"]
    if pinned_by == "releaseVersion":
        group.update(taints=TAINTS)
    project.spec.write_text(yaml.safe_dump(spec, sort_keys=False))


def booted(aws):
    """The user data of the group's nodes: that of the newest version of EKS's own launch template."""
    (group,) = aws.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    launched = group["MixedInstancesPolicy"]["LaunchTemplate"] if "MixedInstancesPolicy" in group else group
    used = launched.get("LaunchTemplateSpecification") or launched["LaunchTemplate"]
    shown = aws.client("ec2").describe_launch_template_versions(
        LaunchTemplateId=used["LaunchTemplateId"], Versions=[used["Version"]]
    )
    (version,) = shown["LaunchTemplateVersions"]
    return base64.b64decode(version["LaunchTemplateData"]["UserData"])


def cloud_init_parts(folder, document):
    """(type, text) of each part, as cloud-init's own code finds them."""
    path = folder / "booted"
    path.write_bytes(document)
    command = ["/usr/bin/python3", str(HERE / "cloudinit_parts.py"), str(path)]
    run = subprocess.run(command, capture_output=True, check=True, timeout=60)
    return [(part["type"], base64.b64decode(part["body"]).decode()) for part in json.loads(run.stdout)]


def story_project(folder, aws):
    made = Project(folder, ["--endpoint-url", aws.url])
    made.aws = aws
    return made


@pytest.mark.parametrize("pinned_by", ["launchTemplate", "releaseVersion"])
@pytest.mark.parametrize("family", STORIES)
def test_amazon_linux_from_a_spec_to_nodes(tmp_path, family, pinned_by):
    seed = ["--seed", old_seed(tmp_path)] if family == "AL2" else []
    with sandbox_server(tmp_path / "aws", *seed) as server:
        project = story_project(tmp_path, server)
        merged = pinned_by == "releaseVersion"
        first, second = (settings if merged else {**settings, **OURS} for settings in STORIES[family])
        if not merged and family == "AL2":
            first["kubelet"] = {"maxPods": 29, "extraArgs": {"v": "2"}}
        write(project, family, pinned_by, first)
        project.lock.unlink()
        project.run("resolve")
        apply(project)
        nothing_left(project)
        group = describe_group(server)
        assert group["status"] == "ACTIVE" and not group["health"]["issues"], group
        assert group["amiType"] == (AMI_TYPES[family] if merged else "CUSTOM")

        ours = base64.b64decode(versions(server)[1]["LaunchTemplateData"]["UserData"])
        parts = cloud_init_parts(tmp_path, booted(server))
        own = cloud_init_parts(tmp_path, ours)
        if merged and family == "AL2":
            assert parts[:-1] == own and "/etc/eks/bootstrap.sh" in parts[-1][1], parts
        elif merged:
            # cloud-init gives a body with the line end before the next boundary
            assert [(kind, text.strip()) for kind, text in parts[1:]] == [(kind, text.strip()) for kind, text in own]
            assert yaml.safe_load(parts[0][1])["spec"]["cluster"]["name"] == CLUSTER
        else:
            assert booted(server) == ours
        told = "\n".join(text for _, text in parts)
        assert all(word in told for word in [*TOLD[family], "docker.io", "https://mirror.example.com"]), told
        assert "dedicated=x:NoSchedule" in told and ("role=managed-ng-worker" if merged else "team=payments") in told

        write(project, family, pinned_by, second)
        apply(project)
        nothing_left(project)
        group = describe_group(server)
        assert group["status"] == "ACTIVE" and group["launchTemplate"]["version"] == "2", group


def test_bottlerocket_boots_with_the_users_settings_in_eks_own(served):
    said = {
        "kubelet": {"maxPods": 29},
        "registries": MIRRORS,
        "localDisks": "raid0",
        "settings": {"motd": "hello", "kernel": {"sysctl": {"vm.max_map_count": "262144"}}},
    }
    write(served, "Bottlerocket", "releaseVersion", said)
    served.lock.unlink()
    served.run("resolve")
    apply(served)
    nothing_left(served)
    assert describe_group(served.aws)["status"] == "ACTIVE"
    settings = tomllib.loads(booted(served.aws).decode())["settings"]
    kubernetes = settings["kubernetes"]
    name, endpoint, authority, _ = facts(served.aws)
    assert kubernetes["max-pods"] == 29
    found = tuple(kubernetes[key] for key in ("cluster-name", "api-server", "cluster-certificate"))
    assert found == (name, endpoint, authority)
    assert kubernetes["node-taints"] == {"dedicated": ["x:NoSchedule"]}
    assert settings["motd"] == "hello" and settings["kernel"]["sysctl"] == {"vm.max_map_count": "262144"}
    assert "docker.io" in str(settings["container-registry"])


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "of no cluster"])
def test_a_custom_image_is_told_what_its_spec_says_and_no_more(served, whole):
    image = served.aws.client("ssm").get_parameter(Name=IMAGES["AL2023"])["Parameter"]["Value"]
    own = node_config(cluster=whole_cluster(served.aws)) if whole else node_config(kubelet={"flags": ["--v=2"]})
    (served.folder / "userdata/own.yaml").write_text(own)
    spec = yaml.safe_load(served.spec.read_text())
    (template,) = spec["launchTemplates"]
    template.update(family="Custom", ami={"id": image}, userData={"overrideBootstrap": {"file": "userdata/own.yaml"}})
    served.spec.write_text(yaml.safe_dump(spec, sort_keys=False))
    served.lock.unlink()
    served.run("resolve")
    done = apply(served, code=None)
    status = describe_group(served.aws)["status"]
    if whole:
        assert done.code == 0 and status == "ACTIVE", str(done)
        assert booted(served.aws).decode() == own
    else:
        assert done.code != 0 and "NodeCreationFailure" in done.err and status == "CREATE_FAILED", str(done)


@pytest.mark.parametrize("family", ["AL2023", "Bottlerocket", "Windows2022Core"])
def test_the_preview_of_a_merge_is_what_eks_makes(served, family):
    """Two pieces of code that share nothing, `render --merged` and the embedded AWS, from the same facts."""
    said = {"kubelet": {"maxPods": 29}} if family == "Bottlerocket" else {"preBootstrap": [{"run": "echo 1\n"}]}
    write(served, family, "releaseVersion", said)
    served.lock.unlink()
    served.run("resolve")
    served.run("render", "--merged")
    apply(served)
    endings = {"AL2023": "mime", "Bottlerocket": "toml", "Windows2022Core": "ps1.txt"}
    (path,) = served.folder.glob(f"rendered/*/*/user-data.merged.{endings[family]}")
    previewed, got = path.read_bytes(), booted(served.aws)
    if family == "AL2023":
        previews, parts = cloud_init_parts(served.folder, previewed), cloud_init_parts(served.folder, got)
        assert [kind for kind, _ in previews] == [kind for kind, _ in parts]
        # EKS's part comes first, the user's after it
        assert [text.strip() for _, text in previews[1:]] == [text.strip() for _, text in parts[1:]]
        clusters = [yaml.safe_load(found[0][1])["spec"]["cluster"] for found in (previews, parts)]
        assert clusters[0] == clusters[1]
    elif family == "Bottlerocket":
        ours, eks = (tomllib.loads(text.decode())["settings"]["kubernetes"] for text in (previewed, got))
        keys = ["api-server", "cluster-certificate", "cluster-dns-ip", "cluster-name", "max-pods"]
        assert [ours[key] for key in keys] == [eks[key] for key in keys]
    else:
        for text in (previewed.decode(), got.decode()):
            assert text.index("echo 1") < text.index("-EKSClusterName") < text.index("</powershell>"), text


def test_explain_takes_eks_own_launch_template_apart(served):
    write(served, "AL2023", "releaseVersion", {"preBootstrap": [{"run": "echo 1\n"}]})
    served.lock.unlink()
    served.run("resolve")
    apply(served)
    templates = served.aws.client("ec2").describe_launch_templates()["LaunchTemplates"]
    (name,) = [it["LaunchTemplateName"] for it in templates if it["LaunchTemplateName"].startswith("eks-")]
    done = served.run("explain", name, "--region", "us-east-1")
    assert "2 parts" in done.out and "application/node.eks.aws" in done.out, str(done)
    assert done.out.index("application/node.eks.aws") < done.out.index("text/x-shellscript"), str(done)


EXISTING = """MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="//"

--//
Content-Type: text/x-shellscript; charset="us-ascii"

#!/bin/bash
echo "written by another tool"
--//--
"""
# By family: what a spec says with files of the user's own, which all end up in gzip.
OWN_FILES = {
    "AL2023": {"parts": [{"contentType": "multipart/mixed", "file": "userdata/existing.mime"}]},
    "Ubuntu2404": {"parts": [{"contentType": "multipart/mixed", "file": "userdata/existing.mime"}]},
    "Bottlerocket": {"settings": {"motd": "hello"}},
}


@pytest.mark.parametrize("family", OWN_FILES)
def test_nodes_unpack_what_the_spec_lets_pack(served, family):
    scripts = family != "Bottlerocket"
    (served.folder / "userdata/existing.mime").write_text(EXISTING)
    (served.folder / "userdata/greet.sh.hbs").write_text("#!/bin/bash\necho {{vars.motto}} {{cluster.name}}\n")
    said = {"compress": "always", **OWN_FILES[family], **OURS}
    if scripts:
        said["preBootstrap"] = [{"file": "userdata/greet.sh.hbs"}]
    write(served, family, "launchTemplate", said)
    spec = yaml.safe_load(served.spec.read_text())
    served.spec.write_text(yaml.safe_dump({**spec, "vars": {"motto": 'it\'s "packed"'}}, sort_keys=False))
    served.lock.unlink()
    served.run("resolve")
    apply(served)
    nothing_left(served)
    group = describe_group(served.aws)
    assert group["status"] == "ACTIVE" and not group["health"]["issues"], group
    packed = booted(served.aws)
    assert packed == base64.b64decode(versions(served.aws)[1]["LaunchTemplateData"]["UserData"])
    assert packed.startswith(b"\x1f\x8b")
    if not scripts:
        assert tomllib.loads(gzip.decompress(packed).decode())["settings"]["motd"] == "hello"
        return
    texts = [text for _, text in cloud_init_parts(served.folder, packed)]
    assert 'echo "written by another tool"' in "\n".join(texts)
    (greeting,) = [text for text in texts if "packed" in text]
    ran = subprocess.run(["bash", "-c", greeting], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout == f'it\'s "packed" {CLUSTER}\n'


@pytest.mark.parametrize(("family", "pinned_by"), [("AL2023", "releaseVersion"), ("Windows2022Core", "launchTemplate")])
def test_nothing_is_packed_that_nobody_unpacks(served, family, pinned_by):
    """What EKS would refuse, and nodes pass over, as the tests by hand show."""
    write(served, family, pinned_by, {"compress": "always", "preBootstrap": [{"run": "echo 1\n"}]})
    refused = served.run("validate", code=1)
    assert "launchTemplates[0].userData.compress" in refused.err, str(refused)
