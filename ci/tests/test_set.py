"""`nodemint set`: the spec is edited in place, whole or not at all, and a launch template moves from AL2 to AL2023."""

import dataclasses
import difflib

import pytest
import yaml
from story import apply, first_version, nothing_left
from support import GROUP, TEMPLATE, Project, no_ansi
from test_cli_manners import at_a_terminal

JOIN = """\
#!/bin/bash
set -o errexit
mkdir -p /data   # for the pods
/etc/eks/bootstrap.sh eksworkshop \\
  --container-runtime dockerd \\
  --kubelet-extra-args '--max-pods=58 --node-labels=role=worker,nodegroup=a --image-gc-high-threshold=70'
kubectl get nodes --token s3cr3t
"""
# AL2 ends with Kubernetes 1.32.
LEGACY = """\
    family: AL2                         # until the end
    kubernetesVersion: "1.32"
    arch: x86_64
    ami:
      eksOptimized: latest
      pinnedBy: launchTemplate
    instanceType: m5.large
    securityGroupIds: [sg-0123456789abcdef0]
    userData:
      preBootstrap:
        - run: |
            echo "token s3cr3t"
            systemctl restart docker
      overrideBootstrap: {file: userdata/join.sh}   # joins

nodeGroups:
"""
SHARED = """\
  - name: mng-2
    cluster: eksworkshop
    launchTemplate: demo
    nodeRole: arn:aws:iam::111122223333:role/eksworkshop-node
    subnets: [subnet-0aa10000000000001]
    scaling: {min: 1, max: 3}
"""


@pytest.fixture
def legacy(project):
    """The golden case as a fleet of AL2 that joins by a script of its own."""
    before, rest = project.spec.read_text().split("    family: AL2023 ", 1)
    project.spec.write_text(before + LEGACY + rest.split("nodeGroups:\n", 1)[1])
    (project.folder / "userdata/join.sh").write_text(JOIN)
    return project


def lines(project, before):
    """What changed in the spec: `-` and `+` lines."""
    diff = difflib.ndiff(before.splitlines(), project.spec.read_text().splitlines())
    return [line for line in diff if line[0] in "+-"]


@dataclasses.dataclass(frozen=True)
class Row:
    arguments: tuple
    changed: tuple


# The comment behind the instance type.
ADVICE = "             # make it m5.2xlarge, and let `nodemint plan` tell you what that does"
ROWS = {
    "a key of the template": Row(
        (TEMPLATE, "instanceType=m5.2xlarge"),
        (f"-     instanceType: m5.large {ADVICE}", f"+     instanceType: m5.2xlarge {ADVICE}"),
    ),
    "a key of the group's template": Row((GROUP, "keyName=ops"), ("+     keyName: ops",)),
    "a key of the group": Row(
        (GROUP, "scaling.max=9"),
        (
            "-     scaling: {min: 1, max: 3, desired: 2}   # desired counts at creation; later it is the autoscaler's",
            "+     scaling: {min: 1, max: 9, desired: 2}   # desired counts at creation; later it is the autoscaler's",
        ),
    ),
    "a pin": Row((GROUP, "launchTemplateVersion=3"), ("+     launchTemplateVersion: 3",)),
    "a mapping that is made": Row((TEMPLATE, "userData.kubelet.maxPods=58"), ("+       kubelet: {maxPods: 58}",)),
    "text that looks like a number": Row((TEMPLATE, "kubernetesVersion=1.33"), ('+     kubernetesVersion: "1.33"',)),
    "a tag": Row(
        (GROUP, "labels.team=a.b", "tags.Name=a b"),
        (
            "-     labels: {role: managed-ng-worker}",
            "+     labels: {role: managed-ng-worker, team: a.b}",
            '+     tags: {Name: "a b"}',
        ),
    ),
    "several at once": Row(
        (GROUP, "update.maxUnavailable=2", "userData.localDisks=raid0"),
        (
            "+       localDisks: raid0",
            "-     update: {maxUnavailable: 1}         # one node at a time",
            "+     update: {maxUnavailable: 2}         # one node at a time",
        ),
    ),
    "a key that goes": Row(
        (TEMPLATE, "tags.Name="),
        ("-     tags: {Name: eksworkshop-mng-1}     # on instances, volumes and network interfaces",),
    ),
}


@pytest.mark.parametrize("what", ROWS)
def test_it_changes_what_it_is_told_and_nothing_else(project, what):
    row, before = ROWS[what], project.spec.read_text()
    project.run("set", *row.arguments, "--dry-run")
    assert project.spec.read_text() == before, "a dry run writes nothing"
    done = project.run("set", *row.arguments)
    # difflib marks what differs inside of lines, too: those begin with `?`.
    assert sorted(lines(project, before)) == sorted(row.changed), str(done)
    for line in row.changed:
        assert line[2:] in done.out, str(done)
    assert "nodemint.yaml written." in done.err and no_ansi(done.out)
    project.lock.unlink()
    project.run("validate")
    again = project.run("set", *row.arguments)
    assert again.out == "" and "Nothing to change" in again.err


REFUSED = {
    "nobody of this name": ((("mng-9", "a=b")), ("mng-9", "it has demo, mng-1")),
    "no change": ((GROUP,), ("KEY=VALUE",)),
    "not a change": ((GROUP, "instanceType"), ("KEY=VALUE", "such as instanceType=m5.2xlarge")),
    "an unknown key": ((GROUP, "instanceTyp=m5.large"), ("`instanceTyp`", "did you mean `instanceType`?")),
    "an unknown key inside": (
        (TEMPLATE, "ami.eksOptimised=latest"),
        ("`eksOptimised` in `ami.eksOptimised`", "eksOptimized"),
    ),
    "a mapping": ((TEMPLATE, "ami=latest"), ("`ami` is a mapping or a list",)),
    "a list": ((GROUP, "subnets=subnet-1"), ("`subnets` is a mapping or a list",)),
    "a value that is wrong": ((GROUP, "scaling.max=many"), ("not be valid", "nodeGroups[0].scaling.max", "many")),
    "a value against a rule": (
        (TEMPLATE, "ami.pinnedBy=nobody"),
        ("launchTemplates[0].ami.pinnedBy", "launchTemplate"),
    ),
    "a variant that the family has not": ((TEMPLATE, "variant=pro"), ("The change is not made", "launchTemplates[0]")),
    "a reference that dangles": (
        (GROUP, "launchTemplate=dem"),
        ("nodeGroups[0].launchTemplate", "did you mean `demo`?"),
    ),
    "a name that others use": ((TEMPLATE, "name=other"), ("nodeGroups[0].launchTemplate",)),
    "one good change and one bad": ((GROUP, "scaling.max=9", "scaling.min=many"), ("nodeGroups[0].scaling.min",)),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_leaves_every_file_as_it_was(project, what):
    arguments, said = REFUSED[what]
    before = project.files()
    done = project.run("set", *arguments, code=1)
    for fact in said:
        assert fact in done.err, f"{fact!r} is not said\n{done}"
    assert project.files() == before and done.out == "" and "panicked" not in done.err


def test_a_shared_template_is_changed_when_somebody_says_so(project):
    project.spec.write_text(project.spec.read_text() + SHARED)
    change, before = ("set", GROUP, "instanceType=m5.xlarge"), project.files()
    done = project.run(*change, code=1)
    assert "this changes eksworkshop/mng-2 too" in done.out and "pass --yes" in done.err
    assert project.files() == before
    said, code = at_a_terminal(project, *change, answer="n")
    assert "Change them all?" in said and code == 1 and project.files() == before
    # The template itself, a key of the group, and a look need no question.
    project.run(*change, "--dry-run")
    project.run("set", GROUP, "scaling.max=4")
    project.run("set", TEMPLATE, "keyName=ops")
    said, code = at_a_terminal(project, *change, answer="y")
    assert code == 0 and "instanceType: m5.xlarge" in project.spec.read_text(), said
    assert "m5.xlarge" not in project.run("set", GROUP, "instanceType=m5.large", "--yes").err


def test_json(project):
    answer = project.json("set", TEMPLATE, "keyName=ops", "--dry-run")
    assert answer["schema"] == "nodemint.dev/set/v1" and answer["dryRun"] and "+     keyName: ops" in answer["diff"]
    assert answer["files"] == answer["left"] == answer["alsoChanged"] == []


def test_a_template_moves_to_al2023(legacy):
    before = legacy.files()
    looked = legacy.run("set", TEMPLATE, "family=AL2023", "--dry-run")
    assert legacy.files() == before
    done = legacy.run("set", GROUP, "family=AL2023")
    assert done.out == looked.out
    for fact in (
        "userdata/join.sh:5: --container-runtime",
        "userdata/join.sh:7: `kubectl` after bootstrap.sh",
        "help: ",
    ):
        assert fact in done.out, str(done)
    assert "s3cr3t" not in done.out + done.err, "secrets of scripts stay out of a pipe"
    assert "s3cr3t" in legacy.run("set", TEMPLATE, "userData.preBootstrap[0].run=", "--dry-run", "--show-user-data").out
    # The user's own file is as it was; the new one has what stood before the call.
    after = legacy.files()
    assert {name for name in after if after[name] != before.get(name)} == {"nodemint.yaml", "userdata/join.al2023.sh"}
    assert after["userdata/join.al2023.sh"].decode() == "".join(JOIN.splitlines(keepends=True)[:3])
    text = legacy.spec.read_text()
    assert "family: AL2023                         # until the end" in text
    template = yaml.safe_load(text)["launchTemplates"][0]
    assert template["userData"] == {
        "preBootstrap": [{"run": 'echo "token s3cr3t"\n'}, {"file": "userdata/join.al2023.sh"}],
        "kubelet": {"maxPods": 58, "config": {"imageGCHighThresholdPercent": 70}},
        "nodeLabels": {"role": "worker", "nodegroup": "a"},
    }
    legacy.lock.unlink()
    legacy.run("validate")


def test_a_move_with_other_changes_of_the_same_command(legacy):
    """The spec wins over a script, whichever change stands first."""
    legacy.edit("eksOptimized: latest", "eksOptimized: 1.32.9-20251120")
    alone = legacy.run("set", TEMPLATE, "family=AL2023", "--dry-run")
    assert "it is a release of AL2" in alone.out
    done = legacy.run("set", TEMPLATE, "ami.eksOptimized=latest", "family=AL2023", "userData.kubelet.maxPods=20")
    assert "it is a release of AL2" not in done.out
    template = yaml.safe_load(legacy.spec.read_text())["launchTemplates"][0]
    assert template["ami"]["eksOptimized"] == "latest" and template["userData"]["kubelet"]["maxPods"] == 20


def test_a_move_that_only_a_person_can_make(legacy):
    script = legacy.folder / "userdata/join.sh"
    script.write_text("#!/bin/bash\nif true; then\n  /etc/eks/bootstrap.sh eksworkshop\nfi\n")
    before = legacy.files()
    done = legacy.run("set", TEMPLATE, "family=AL2023", code=1)
    for fact in ("userdata/join.sh, line 3", "/etc/eks/bootstrap.sh", "launchTemplates[0].userData.overrideBootstrap"):
        assert fact in done.err, str(done)
    assert legacy.files() == before


def test_no_file_is_written_over(legacy):
    taken = legacy.folder / "userdata/join.al2023.sh"
    taken.write_text("somebody else's\n")
    legacy.run("set", TEMPLATE, "family=AL2023")
    assert taken.read_text() == "somebody else's\n"
    assert "file: userdata/join.al2023-2.sh" in legacy.spec.read_text()


def test_a_spec_that_cannot_be_written_leaves_no_files(legacy):
    legacy.spec.rename(legacy.folder / "real.yaml")
    legacy.spec.symlink_to("/proc/version")
    done = legacy.run("set", TEMPLATE, "family=AL2023", "--file", "nodemint.yaml", code=1)
    assert not (legacy.folder / "userdata/join.al2023.sh").exists(), str(done)


def test_the_whole_way_from_al2_to_al2023(legacy):
    """A running group of AL2 becomes one of AL2023 without a new node group: its image is in the launch template."""
    first_version(legacy)
    moved = legacy.run("set", TEMPLATE, "family=AL2023")
    assert "run `nodemint resolve`" in moved.err, str(moved)
    legacy.run("resolve")
    legacy.run("validate")
    legacy.run("render")
    rendered = "".join(path.read_text() for path in sorted((legacy.folder / "rendered").rglob("*")) if path.is_file())
    for fact in ("kind: NodeConfig", "maxPods: 58", "imageGCHighThresholdPercent: 70", "mkdir -p /data"):
        assert fact in rendered, fact
    assert "/etc/eks/bootstrap.sh" not in rendered
    plan = legacy.run("plan")
    assert "gets version 2" in plan.out and "rolls from version 1" in plan.out, str(plan)
    assert "amazon-eks-node-al2023" in legacy.lock.read_text()
    apply(legacy)
    nothing_left(legacy)


def test_a_group_of_eks_own_image_is_told_to_become_another(project: Project):
    project.edit("      pinnedBy: launchTemplate ", "      pinnedBy: releaseVersion ")
    project.edit("family: AL2023 ", "family: AL2 ")
    project.edit("    arch: x86_64\n", '    arch: x86_64\n    kubernetesVersion: "1.32"\n')
    done = project.run("set", TEMPLATE, "family=AL2023", "--dry-run")
    assert "EKS never changes the AMI type of a node group" in done.out
