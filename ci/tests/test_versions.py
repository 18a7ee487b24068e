"""`history`, `diff` and `export`: what they say of launch-template versions, held against what boto3 says."""

import base64
import copy
import json
import re

import pytest
import yaml
from story import NEW_TYPE, OLD_TYPE, first_version, second_version, versions
from support import BIN, CLUSTER, GROUP, REGION, ROOT, TEMPLATE, Project, no_ansi, run, sandbox_server
from test_outdated import at_a_terminal

TOKEN = "s3cr3t-4b7d9e21"
COMMIT = "4f2c1d9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e"
GONE = "ami-0fffffffffffffff0"


def mint(project, template=TEMPLATE, **data):
    """A version that somebody makes by hand."""
    answer = project.aws.client("ec2").create_launch_template_version(
        LaunchTemplateName=template, LaunchTemplateData=data
    )
    return answer["LaunchTemplateVersion"]["VersionNumber"]


def by_hand(project, name="by-hand", **data):
    """A template that no spec names; its id."""
    answer = project.aws.client("ec2").create_launch_template(
        LaunchTemplateName=name, LaunchTemplateData={"InstanceType": OLD_TYPE, **data}
    )
    return answer["LaunchTemplate"]["LaunchTemplateId"]


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def history_of(project, *arguments):
    (template,) = project.json("history", TEMPLATE, *arguments)["launchTemplates"]
    return template


@pytest.fixture(scope="module")
def settled(tmp_path_factory):
    """A group on version 2, for tests that only look."""
    folder = tmp_path_factory.mktemp("settled")
    project = Project(folder, [f"--sandbox={folder / 'state.json'}"])
    second_version(project)
    return project


# --- history ----------------------------------------------------------------------------------------------------


def test_history_tells_marks_origin_images_and_users(served):
    served.run("resolve")
    served.run("apply", "--yes", *served.quick, env={"NODEMINT_ORIGIN": COMMIT})
    mint(served, InstanceType=NEW_TYPE, ImageId=GONE)
    template = history_of(served)
    newest, first = template["versions"]
    assert (newest["isDefault"], newest["isLatest"]) == (False, True)
    assert (first["isDefault"], first["isLatest"], first["origin"]) == (True, False, COMMIT)
    assert first["users"] == [{"kind": "nodeGroup", "cluster": CLUSTER, "name": GROUP}]
    assert first["usedBy"] == [f"{CLUSTER}/{GROUP}"]
    assert (first["image"]["gone"], first["image"]["id"]) == (False, first["imageId"])
    assert first["image"]["name"].startswith("amazon-eks-node-") and first["image"]["release"]
    assert newest["image"] == {"id": GONE, "name": None, "release": None, "gone": True}
    text = served.run("history", TEMPLATE).out
    for fact in ("2 latest", "1 default", f"{GONE} gone", f"at {COMMIT[:10]}", first["image"]["release"]):
        assert fact in text, text
    assert COMMIT not in text, "a commit is told short"


def test_a_limit_shows_the_newest_and_says_that_there_are_more(served):
    first_version(served)
    for number in range(4):
        mint(served, InstanceType=OLD_TYPE, KeyName=f"key-{number}")
    template = history_of(served, "--limit", "2")
    assert [version["version"] for version in template["versions"]] == [5, 4]
    assert template["versionCount"] == 5
    assert template["versions"][1]["changes"], "against the version before, which is not shown"
    text = served.run("history", TEMPLATE, "--limit", "2").out
    assert "and 3 older" in text and "first" not in text
    assert served.run("history", TEMPLATE, "--limit", "0", code=1).err.count("at least 1") == 1


@pytest.fixture
def neighbours(tmp_path):
    """An account with a second cluster, of which the spec says nothing."""
    seed = yaml.safe_load((ROOT / "builder/sandbox/seed/eksworkshop.yaml").read_text())
    clusters = seed["regions"][REGION]["clusters"]
    clusters.append({**copy.deepcopy(clusters[0]), "name": "neighbour"})
    path = tmp_path / "seed.yaml"
    path.write_text(yaml.safe_dump(seed))
    with sandbox_server(tmp_path / "aws", "--seed", path) as aws:
        project = Project(tmp_path, ["--endpoint-url", aws.url])
        project.aws, project.calls = aws, aws.calls
        yield project


def of_neighbour(project, version):
    """A node group in the cluster that the spec does not know, on a template of the spec."""
    eks = project.aws.client("eks")
    made = eks.describe_nodegroup(clusterName=CLUSTER, nodegroupName=GROUP)["nodegroup"]
    kept = {key: made[key] for key in ("subnets", "nodeRole", "scalingConfig")}
    template = {"id": made["launchTemplate"]["id"], "version": str(version)}
    eks.create_nodegroup(clusterName="neighbour", nodegroupName="theirs", launchTemplate=template, **kept)


def test_history_knows_the_users_in_clusters_that_the_spec_does_not(neighbours):
    second_version(neighbours)
    of_neighbour(neighbours, 1)
    used = {version["version"]: version["usedBy"] for version in history_of(neighbours)["versions"]}
    assert used == {1: ["neighbour/theirs"], 2: [f"{CLUSTER}/{GROUP}"]}


@pytest.mark.parametrize("call", ["autoscaling:DescribeAutoScalingGroups", "ec2:DescribeInstances", "eks:ListClusters"])
def test_what_may_not_be_read_is_said_and_the_rest_is_told(tmp_path, call):
    with sandbox_server(tmp_path / "aws", "--deny", call) as aws:
        project = Project(tmp_path, ["--endpoint-url", aws.url])
        project.quick = ["--poll-interval", "0.1"]
        first_version(project)
        answer = project.json("history", TEMPLATE)
        (note,) = answer["notes"]
        assert "there may be more users" in note and call.split(":")[1] in note
        (version,) = answer["launchTemplates"][0]["versions"]
        assert version["usedBy"] == [f"{CLUSTER}/{GROUP}"], "the spec's own clusters are known"
        assert note in project.run("history", TEMPLATE).out


def test_history_is_readable_at_eighty_columns(settled):
    said = at_a_terminal(settled, 80, "history", TEMPLATE)
    lines = [line for line in said.splitlines() if re.match(r"(VERSION|\d+ )", line)]
    assert len(lines) == 3, said
    assert all(len(line) <= 80 for line in lines), said
    assert "CHANGED" in lines[0] and "not shown at this width: HASH" in said, said


# --- diff -------------------------------------------------------------------------------------------------------


def change_user_data(project):
    """Another script in the user data, which holds a secret."""
    script = next((project.folder / "userdata").glob("*.sh"))
    script.write_text(script.read_text() + f"\nexport API_TOKEN={TOKEN}\n")


def test_every_way_to_name_a_side(served):
    second_version(served)
    mint(served, InstanceType="m5.4xlarge")
    for sides, expected in {
        ("1", "2"): (1, 2),
        ("2", "1"): (2, 1),
        ("previous", "latest"): (2, 3),
        ("previous", "2"): (1, 2),
        ("default", "latest"): (1, 3),
        ("$Default", "$Latest"): (1, 3),
        ("1", "spec"): (1, None),
        ("spec", "previous"): (None, 2),
    }.items():
        (one,) = served.json("diff", TEMPLATE, *sides)["comparisons"]
        assert (one["from"]["version"], one["to"]["version"]) == expected, sides
    (one,) = served.json("diff", TEMPLATE, "1", "spec")["comparisons"]
    assert [(change["path"], change["from"], change["to"]) for change in one["changes"]] == [
        ("InstanceType", OLD_TYPE, NEW_TYPE)
    ]
    assert one["to"]["clusters"] == [CLUSTER]


def test_exit_codes_and_the_empty_difference(settled):
    for sides, code in ((("1", "2"), 2), (("2", "2"), 0), (("2", "spec"), 0), (("spec", "1"), 2)):
        assert settled.run("diff", TEMPLATE, *sides).code == 0
        done = settled.run("diff", TEMPLATE, *sides, "--detailed-exitcode", code=code)
        assert ("no difference" in done.out) == (code == 0) and done.err == "", str(done)
        assert settled.json("diff", TEMPLATE, *sides)["differs"] == (code == 2)


def test_text_and_markdown_say_the_same(settled):
    text = settled.run("diff", TEMPLATE, "1", "2").out
    markdown = settled.run("diff", TEMPLATE, "1", "2", "--output", "markdown").out
    for said in (text, markdown):
        assert "version 1 → version 2" in said and "InstanceType" in said and NEW_TYPE in said, said
        assert no_ansi(said)
    assert markdown.startswith("### ")
    assert settled.json("diff", TEMPLATE, "1", "2")["schema"] == "nodemint.dev/diff/v1"


def test_user_data_is_compared_and_hidden_in_a_pipe(project):
    first_version(project)
    change_user_data(project)
    project.run("apply", "--yes")
    for output in ("text", "json", "markdown"):
        done = project.run("diff", TEMPLATE, "1", "2", "--output", output)
        assert "UserData" in done.out and TOKEN not in done.out + done.err, str(done)
    shown = project.run("diff", TEMPLATE, "1", "2", "--show-user-data").out
    assert f"+export API_TOKEN={TOKEN}" in shown
    said = at_a_terminal(project, 120, "diff", TEMPLATE, "1", "2")
    assert TOKEN in said


def test_user_data_that_cannot_be_decoded(served):
    by_hand(served, UserData=encoded("#!/bin/sh\n"))
    # Base64 of bytes that begin like gzip and are none.
    mint(
        served,
        "by-hand",
        InstanceType=OLD_TYPE,
        UserData=base64.b64encode(b"\x1f\x8b\x08broken" + TOKEN.encode()).decode(),
    )
    done = served.run("diff", "by-hand", "1", "2", "--detailed-exitcode", code=2)
    assert "gzip" in done.out and TOKEN not in done.out + done.err, str(done)
    served.run("history", "by-hand")
    served.run("export", "by-hand", "--out", "out")
    assert (served.folder / "out/by-hand" / REGION / "00002.user-data").read_bytes().endswith(TOKEN.encode())


def test_a_template_without_a_spec_by_name_and_by_id(served, tmp_path):
    identity = by_hand(served)
    mint(served, "by-hand", InstanceType=NEW_TYPE)
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    for name in ("by-hand", identity):
        for command in (("history", name), ("diff", name, "1", "2"), ("export", name, "--out", "out")):
            there = ["--endpoint-url", served.aws.url, "--region", REGION]
            done = run([BIN, *command, *there], cwd=nowhere, env=served.env)
            assert "by-hand" in done.out, str(done)
    # The spec's regions are enough for one that the spec does not name.
    assert "by-hand" in served.run("history", identity).out


MISTAKES = {
    "a version that is not there": (("diff", TEMPLATE, "1", "9"), ("has no version 9", "nodemint history demo")),
    "both sides are missing, and one is told": (("diff", TEMPLATE, "8", "9"), ("has no version 8",)),
    "nothing before the first": (("diff", TEMPLATE, "previous", "1"), ("has no version before 1",)),
    "not a number": (("diff", TEMPLATE, "1", "two"), ("`latest`", "`previous`")),
    "zero": (("diff", TEMPLATE, "0", "1"), ("a version number",)),
    "a template that is gone": (("diff", "dmo", "1", "2"), ("no launch template `dmo`", "demo")),
    "a template of no such id": (("history", "lt-0123456789abcdef0"), ("lt-0123456789abcdef0",)),
    "a cluster that the spec has not": (("diff", TEMPLATE, "1", "1", "--cluster", "nope"), ("no cluster `nope`",)),
    "an export of a template that is gone": (("export", "dmo"), ("no launch template `dmo`",)),
}  # fmt: skip


@pytest.mark.parametrize("row", MISTAKES)
def test_mistakes(settled, row):
    command, facts = MISTAKES[row]
    done = settled.run(*command, code=1)
    for fact in facts:
        assert fact in done.err, str(done)
    assert done.out == "" and not (settled.folder / "exported").exists()


def test_the_spec_asks_for_nothing_of_a_template(served):
    first_version(served)
    by_hand(served)
    done = served.run("diff", "by-hand", "1", "spec", code=1)
    assert "the spec asks for nothing of launch template by-hand" in done.err, str(done)


# --- export -----------------------------------------------------------------------------------------------------


def read_back(folder, number):
    """The launch-template data of an exported version, as EC2 has it."""
    document = yaml.safe_load((folder / f"{number:05}.yaml").read_text())
    data = document["launchTemplateData"]
    if "userDataFile" in document and "UserData" not in data:
        data["UserData"] = base64.b64encode((folder / document["userDataFile"]).read_bytes()).decode()
    return data


def test_an_export_is_what_ec2_has_and_the_same_bytes_each_time(served):
    second_version(served)
    mint(served, InstanceType="m5.4xlarge", UserData=encoded("#!/bin/sh\necho by hand\n"))
    out = served.folder / "out"
    answer = served.json("export", TEMPLATE, "--out", out)
    folder = out / TEMPLATE / REGION
    theirs = versions(served.aws)
    assert sorted(theirs) == [1, 2, 3]
    for number, version in theirs.items():
        assert read_back(folder, number) == version["LaunchTemplateData"]
    files = {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert sorted(files) == sorted(answer["files"])
    assert {path.name for path in (folder / "00001.parts").iterdir()} == {"01.sh", "02.sh", "03.nodeconfig.yaml"}
    assert not (folder / "00003.parts").exists(), "one script is its own part"

    # Elsewhere, later, with another default and other users: the same bytes.
    served.aws.client("ec2").modify_launch_template(LaunchTemplateName=TEMPLATE, DefaultVersion="2")
    served.run("rollback", GROUP, "--to", "1", "--yes", *served.quick)
    again = served.folder / "again"
    served.run("export", TEMPLATE, "--out", again, env={"TZ": "Asia/Tokyo", "LANG": "de_DE.UTF-8"})
    assert {str(path.relative_to(again)): path.read_bytes() for path in again.rglob("*") if path.is_file()} == files


def test_an_export_keeps_what_is_deleted_later(served):
    second_version(served)
    mint(served, InstanceType="m5.4xlarge")
    served.run("export", TEMPLATE, "--out", "out")
    served.aws.client("ec2").delete_launch_template_versions(LaunchTemplateName=TEMPLATE, Versions=["3"])
    served.run("export", TEMPLATE, "--out", "out")
    assert json.loads(json.dumps(read_back(served.folder / "out" / TEMPLATE / REGION, 3))) == {
        "InstanceType": "m5.4xlarge"
    }
