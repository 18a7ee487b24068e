"""Every change that a person can make to a spec, one row each (`changes.yaml`): the steps that it takes, the words that
it is told in, the calls that it makes, and that nothing is left to do afterwards.

A row changes a fleet that exists. What a row does not name stays as it is, so a step too many fails as one too few."""

import collections
import copy
import functools
import json
import pathlib
import re
import shutil
import typing

import pytest
import yaml
from support import ACCOUNT, BIN, CASE, REGION, ROOT, Calls, Project, environment, run, sandbox_server

TABLE = yaml.safe_load((pathlib.Path(__file__).parent / "changes.yaml").read_text())
ROWS = [pytest.param(row, id=row["change"]) for row in TABLE["rows"]]


class Step(typing.NamedTuple):
    """What a step is called in a plan, the one call that it makes, and words that tell of it."""

    op: str
    call: str
    words: str


STEPS = {
    "template": Step("createLaunchTemplate", "CreateLaunchTemplate", "is created, version 1"),
    "mint": Step("createLaunchTemplateVersion", "CreateLaunchTemplateVersion", "gets version"),
    "create": Step("createNodeGroup", "CreateNodegroup", "is created on"),
    "configure": Step("updateNodeGroupConfig", "UpdateNodegroupConfig", "node group"),
    "tag": Step("tagNodeGroup", "TagResource", "tags."),
    "roll": Step("updateNodeGroupVersion", "UpdateNodegroupVersion", "rolls"),
}


# ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────────


def put(document, path, value):
    """Sets what a path such as `nodeGroups[0].labels.role` names; null takes it out."""
    *way, last = (int(word) if word.isdigit() else word for word in re.findall(r"[^.\[\]]+", path))
    for word in way:
        document = document.setdefault(word, {}) if isinstance(document, dict) else document[word]
    if value is None and isinstance(document, dict):
        document.pop(last, None)
    elif value is None:
        del document[last]
    elif isinstance(document, list) and last == len(document):
        document.append(value)
    else:
        document[last] = value


def turned(node):
    """The same mappings with their keys from the last to the first."""
    if isinstance(node, dict):
        return {key: turned(node[key]) for key in reversed(node)}
    return [turned(item) for item in node] if isinstance(node, list) else node


def dump(document, **style):
    return yaml.safe_dump(document, sort_keys=False, **style)


def commented(document):
    lines = dump(document).splitlines()
    return "# yaml-language-server: $schema=x\n\n" + "\n".join(f"{line}  # {at}\n" for at, line in enumerate(lines))


def anchored(document):
    """The labels of the group as an anchor and an alias of it."""
    group = document["nodeGroups"][0]
    group["tags"] = group["labels"]
    text = dump(document)
    assert "&id001" in text and "*id001" in text
    return text


def quoted(document):
    class Quoting(yaml.SafeDumper):
        pass

    Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))
    return yaml.dump(document, Dumper=Quoting, sort_keys=False)


# The same spec, written otherwise.
SPELLINGS = {
    "keys turned around": lambda document: dump(turned(document)),
    "comments": commented,
    "an anchor": anchored,
    "one line": lambda document: dump(document, default_flow_style=True, width=100_000),
    "quotes": quoted,
    "JSON": lambda document: json.dumps(document, indent=1),
}


def changed(document, row):
    document = copy.deepcopy(document)
    for path, value in row.get("set", {}).items():
        put(document, path, copy.deepcopy(value))
    return SPELLINGS[row["spelling"]](document) if "spelling" in row else dump(document)


# ── what exists before a change ──────────────────────────────────────────────────────────────────────────────────


def seed():
    """The lab's account with some more to choose from."""
    document = yaml.safe_load((ROOT / "builder/sandbox/seed/eksworkshop.yaml").read_text())
    for path, value in TABLE["seed"].items():
        put(document, path, value)
    region = document["regions"][REGION]
    region["clusters"].append({**region["clusters"][0], "name": "second", "endpoint": "https://second.example.com"})
    return document


@pytest.fixture(scope="session")
def state(tmp_path_factory):
    """The account before anybody was there."""
    folder = tmp_path_factory.mktemp("account")
    (folder / "seed.yaml").write_text(yaml.safe_dump(seed()))
    with sandbox_server(folder, "--seed", folder / "seed.yaml", "--state", folder / "state.json"):
        pass
    return folder / "state.json"


@pytest.fixture(scope="session")
def bases(tmp_path_factory, state):
    """Each fleet that rows begin with, applied once: the folder of its project, and the account."""

    @functools.cache
    def base(name):
        folder = tmp_path_factory.mktemp(f"fleet-{name}")
        project = Project(folder, [f"--sandbox={folder / 'state.json'}"])
        shutil.copy(state, folder / "state.json")
        for file, text in TABLE["files"].items():
            (project.folder / file).write_text(text)
        document = yaml.safe_load(project.spec.read_text())
        for path, value in TABLE["fleets"][name].items():
            put(document, path, value)
        project.spec.write_text(dump(document))
        project.lock.unlink()
        project.run("resolve")
        project.run("apply", "--yes")
        return folder

    return base


@pytest.fixture
def begun(tmp_path, bases):
    """A copy of such a fleet, as a project of its own."""

    def begin(name):
        folder = bases(name)
        project = Project.__new__(Project)
        project.folder, project.home = tmp_path / "project", tmp_path
        project.env = environment(tmp_path)
        shutil.copytree(folder / "project", project.folder)
        shutil.copy(folder / "state.json", tmp_path / "state.json")
        log = tmp_path / "calls.jsonl"
        project.flags = [f"--sandbox={tmp_path / 'state.json'}", "--sandbox-log", log]
        project.calls = Calls(log)
        return project

    return begin


# ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def fields(plan):
    """The fields that change, of launch templates and of groups, each once."""
    told = plan["launchTemplates"] + plan["nodeGroups"]
    return sorted({change["path"] for one in told for change in one["changes"]})


def parts(plan):
    """What changes in user data: the keys of a document, or the part where it has none."""
    told = plan["launchTemplates"] + plan["nodeGroups"]
    changes = [change.get("userData") or {} for one in told for change in one["changes"]]
    found = set()
    for part in (part for change in changes for part in change.get("parts", [])):
        whole = f"{part['kind']} {(part.get('to') or part['from'])['contentType']}"
        found.update([f"{key['kind']} {key['key']}" for key in part.get("keys", [])] or [whole])
    return sorted(found)


def begin(row, project):
    """Makes the change in the project's files, and moves the lock where the row says so."""
    project.spec.write_text(changed(yaml.safe_load(project.spec.read_text()), row))
    for file, text in row.get("files", {}).items():
        (project.folder / file).write_text(text)
    if row.get("relock"):
        project.lock.unlink()
    if "resolve" in row:
        return project.run("resolve", *row["resolve"], code=None)
    return None


def says(done, *words):
    text = " ".join((done.out + done.err).split())
    for one in words:
        assert " ".join(one.split()) in text, f"{one!r}\n{done}"


@pytest.mark.parametrize("row", ROWS)
def test_a_change(row, begun):
    project = begun(row.get("fleet", "lab"))
    resolved = begin(row, project)
    mark = project.calls.mark()
    if "refused" in row:
        done = resolved if resolved and resolved.code else project.run("plan", code=None)
        assert done.code == row["code"], str(done)
        says(done, row["refused"])
        assert project.calls.writes() == []
        return
    assert resolved is None or resolved.code == 0, str(resolved)
    steps, blocked, fails = row.get("steps", []), row.get("blocked"), row.get("fails")
    done = project.run("plan", "--output", "json", code=4 if blocked else 0)
    plan = done.json()
    assert fields(plan) == sorted(row.get("fields", [])), str(done)
    assert parts(plan) == sorted(row.get("userData", [])), str(done)
    assert [step["op"]["do"] for step in plan["steps"]] == [STEPS[step].op for step in steps], str(done)
    for key, value in row.get("holds", {}).items():
        assert [step["op"][key] for step in plan["steps"] if key in step["op"]] == [value], str(done)

    done = project.run("apply", "--yes", code=4 if blocked else fails["code"] if fails else 0)
    says(
        done,
        *row.get("fields", []),
        *row.get("says", []),
        *([blocked] if blocked else [STEPS[step].words for step in steps]),
    )
    if fails:
        says(done, fails["says"])
    made = [] if blocked else fails["steps"] if fails else steps
    assert project.calls.operations(mark) == [STEPS[step].call for step in made], str(done)
    if not blocked and not fails:
        says(done, *([] if steps else ["Nothing to do"]))
        says(project.run("plan", "--detailed-exitcode", code=0), "Nothing to do")


# ── the same in an AWS that nobody here wrote ─────────────────────────────────────────────────────────────────────


def mints(row):
    """Whether a version of the launch template is all that there is to a row."""
    steps = {"mint", "roll"}.issuperset(row.get("steps", ())) and "mint" in row.get("steps", ())
    apart = {"resolve", "blocked", "files"}.intersection(row)
    here = all(path.startswith("launchTemplates[0].") for path in row.get("set", {}))
    return steps and here and not apart and row.get("fleet", "lab") in ("lab", "alone")


@pytest.fixture(scope="module")
def elsewhere(moto, tmp_path_factory):
    """The launch template of the table in moto, without node groups, which moto does not roll."""
    ec2 = moto.client("ec2")
    images = ec2.describe_images(Owners=["amazon"])["Images"]
    linux = (one for one in images if one["Architecture"] == "x86_64" and one.get("Platform") != "windows")
    image = next(one["ImageId"] for one in linux if one.get("RootDeviceName"))
    # moto puts the tags of a template into the data of its first version, which then equals nothing.
    owned = {"ResourceType": "launch-template", "Tags": [{"Key": "nodemint:fleet", "Value": "eksworkshop"}]}
    first = {"InstanceType": "t3.small"}
    ec2.create_launch_template(LaunchTemplateName="table", LaunchTemplateData=first, TagSpecifications=[owned])
    folder = tmp_path_factory.mktemp("moto-table")
    project = Project(folder, ["--endpoint-url", moto.url])
    document = yaml.safe_load(project.spec.read_text())
    for path, value in {**TABLE["fleets"]["lab"], **TABLE["fleets"]["alone"], **TABLE["moto"]}.items():
        put(document, path, value)
    document["launchTemplates"][0]["ami"] = {"id": image}
    for file, text in TABLE["files"].items():
        (project.folder / file).write_text(text)
    project.spec.write_text(dump(document))
    project.lock.unlink()
    project.run("resolve")
    project.run("apply", "--yes")
    project.document, project.ec2 = document, ec2
    return project


@pytest.mark.parametrize("row", [pytest.param(row, id=row["change"]) for row in TABLE["rows"] if mints(row)])
def test_a_version_minted_in_moto(row, elsewhere):
    def latest():
        (template,) = elsewhere.ec2.describe_launch_templates(LaunchTemplateNames=["table"])["LaunchTemplates"]
        return template["LatestVersionNumber"]

    before = latest()
    elsewhere.spec.write_text(changed(elsewhere.document, row))
    elsewhere.run("apply", "--yes")
    assert latest() == before + 1
    # What moto does not keep is minted again: so a moto that has learned it is noticed.
    done = elsewhere.run("plan", "--detailed-exitcode", code=2 if "moto" in row else 0)
    says(done, "gets version" if "moto" in row else "Nothing to do")


# ── the table itself ─────────────────────────────────────────────────────────────────────────────────────────────


def properties(schema, node, path=()):
    """Every property of the published schema, by its path without indices."""
    if "$ref" in node:
        node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    for inner in [*node.get("anyOf", []), *node.get("oneOf", []), *([node["items"]] if "items" in node else [])]:
        yield from properties(schema, inner, path)
    for name, inner in node.get("properties", {}).items():
        yield ".".join((*path, name))
        yield from properties(schema, inner, (*path, name))


def named(path, value):
    """Every path that setting a value touches, without indices."""
    words = [word for word in re.findall(r"[^.\[\]]+", path) if not word.isdigit()]
    yield from (".".join(words[:end]) for end in range(1, len(words) + 1))
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from named(f"{path}.{key}", inner)
    elif isinstance(value, list):
        for inner in value:
            yield from named(path, inner)


def test_every_property_of_the_spec_has_a_row():
    schema = run([BIN, "schema", "spec"], cwd=ROOT, env=environment(ROOT)).json()
    changed = {
        name for row in TABLE["rows"] for path, value in row.get("set", {}).items() for name in named(path, value)
    }
    known = set(properties(schema, schema))
    assert known - changed == set(TABLE["exceptions"]), "a field without a row, or an exception that has one"
    assert all(TABLE["exceptions"].values()), "an exception says why"


def test_the_table_is_long_enough_and_each_row_says_what_it_expects():
    assert len(ROWS) >= 60
    twice = collections.Counter(row["change"] for row in TABLE["rows"])
    assert [name for name, count in twice.items() if count > 1] == []
    silent = [row["change"] for row in TABLE["rows"] if row.get("steps") and not row.get("says")]
    assert silent == [], "rows whose text nobody looks at"
    assert {row.get("fleet", "lab") for row in TABLE["rows"]} == set(TABLE["fleets"])
    assert {row["spelling"] for row in TABLE["rows"] if "spelling" in row} == set(SPELLINGS)
    assert ACCOUNT and CASE.is_dir()
