"""What a plan says: its JSON against the published schema, and what programs and people read in it."""

import copy
import json

import jsonschema
import pytest
from story import apply, change_type, first_version, nothing_left, second_version
from support import BIN, CLUSTER, GROUP, ROOT, environment, run

PUBLISHED = ROOT / "golden/schema/plan.schema.json"
GOLDEN = sorted((ROOT / "golden/plan").glob("*.output.json"))
LIMIT_OF_GITHUB = 65_536


@pytest.fixture(scope="module")
def schema():
    return json.loads(PUBLISHED.read_text())


def strict(schema):
    """The schema as it is today and no further: fields that it does not name are refused. The published one allows
    them, because a later nodemint may have more."""
    schema = copy.deepcopy(schema)
    spread = set()

    def walk(node, look):
        if isinstance(node, dict):
            look(node)
            for value in node.values():
                walk(value, look)
        elif isinstance(node, list):
            for value in node:
                walk(value, look)

    def referred(node):
        # What is written beside other properties is one object with them.
        if "$ref" in node and "properties" in node:
            spread.add(node["$ref"].rsplit("/", 1)[-1])

    walk(schema, referred)
    inside = {id(schema["$defs"][name]) for name in spread}

    def close(node):
        named = isinstance(node.get("properties"), dict) and node.get("type") == "object"
        if named and id(node) not in inside:
            node.setdefault("unevaluatedProperties", False)

    walk(schema, close)
    return schema


def valid(plan, schema):
    validator = jsonschema.validators.validator_for(schema)
    validator(schema).validate(plan)
    validator(strict(schema)).validate(plan)
    return plan


def test_the_schema_is_one_and_is_printed(schema, tmp_path):
    jsonschema.validators.validator_for(schema).check_schema(schema)
    assert run([BIN, "schema", "plan"], cwd=tmp_path, env=environment(tmp_path)).json() == schema


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.name)
def test_the_published_plans_are_valid(path, schema):
    valid(json.loads(path.read_text()), schema)


@pytest.mark.parametrize(
    "broken",
    [
        lambda plan: plan.pop("hasChanges"),
        lambda plan: plan.pop("nodeGroups"),
        lambda plan: plan["nodeGroups"][0].update(action="sleep"),
        lambda plan: plan["launchTemplates"][0].update(version="2"),
        lambda plan: plan["steps"][0]["op"].update(do="nothing"),
    ],
)
def test_the_schema_refuses_what_is_no_plan(broken, schema):
    plan = json.loads((ROOT / "golden/plan/plan.output.json").read_text())
    broken(plan)
    with pytest.raises(jsonschema.ValidationError):
        valid(plan, schema)


def test_a_reader_passes_over_what_is_new(schema):
    plan = json.loads((ROOT / "golden/plan/plan.output.json").read_text())
    plan["later"] = plan["nodeGroups"][0]["later"] = {"more": 1}
    jsonschema.validate(plan, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(plan, strict(schema))


def actions(plan):
    return {group["name"]: group["action"] for group in plan["nodeGroups"]}


def test_plans_of_every_kind_are_valid(project, schema):
    project.run("resolve")
    created = valid(project.json("plan"), schema)
    assert actions(created) == {GROUP: "create"} and created["hasChanges"]
    apply(project)
    nothing = valid(project.json("plan"), schema)
    assert actions(nothing) == {GROUP: "unchanged"} and not nothing["hasChanges"]

    script = project.folder / "userdata/10-sysctl.sh"
    script.write_text(script.read_text().replace("8192", "16384"))
    change_type(project)
    project.edit("    userData:\n", "    userData:\n      kubelet: {maxPods: 110}\n")
    rolled = valid(project.json("plan"), schema)
    assert actions(rolled) == {GROUP: "roll"}
    user_data(rolled)
    saved(project, rolled)
    project.edit("update: {maxUnavailable: 1}", "update: {maxUnavailable: 1}\n    launchTemplateVersion: 1")
    held = valid(project.json("plan"), schema)
    assert actions(held) == {GROUP: "unchanged"}
    (pin,) = held["nodeGroups"][0]["held"]
    assert (pin["by"], pin["at"], pin["newest"], pin["versionsBehind"]) == ("launchTemplateVersion", "1", "2", 1)
    assert pin["fields"] == ["InstanceType", "UserData"]
    project.edit("launchTemplateVersion: 1", "launchTemplateVersion: 7")
    blocked = valid(json.loads(project.run("plan", "--output", "json", code=4).out), schema)
    assert blocked["blocked"] and actions(blocked) == {GROUP: "blocked"}
    project.edit("\n    launchTemplateVersion: 7", "")
    apply(project)
    nothing_left(project)
    project.edit("role: managed-ng-worker", "role: worker")
    configured = valid(project.json("plan"), schema)
    assert actions(configured) == {GROUP: "configure"}
    apply(project)
    nothing_left(project)


def user_data(plan):
    """By key, and without a value: JSON ends up in logs."""
    (change,) = [one for one in plan["launchTemplates"][0]["changes"] if one["path"] == "UserData"]
    script, node_config = change["userData"]["parts"]
    assert script["lines"] == {"added": 1, "removed": 1}
    assert node_config["keys"] == [{"key": "spec.kubelet.config.maxPods", "kind": "added"}]


def saved(project, plan):
    """A pipeline reads from the file alone whether there is something to do."""
    project.run("plan", "--out", "plan.json")
    file = json.loads((project.folder / "plan.json").read_text())
    assert file["hasChanges"] is plan["hasChanges"] is True


def test_values_are_shown_where_they_are_asked_for(project):
    first_version(project)
    script = project.folder / "userdata/10-sysctl.sh"
    script.write_text(script.read_text().replace("8192", "16384"))
    for form in ("text", "markdown"):
        hidden = project.run("plan", "--output", form).out
        assert "1 line added and 1 removed" in hidden and "16384" not in hidden, hidden
        shown = project.run("plan", "--output", form, "--show-user-data").out
        assert "-fs.inotify.max_user_instances = 8192" in shown and "+fs.inotify.max_user_instances = 16384" in shown


def test_the_markdown_ends_in_its_marker(project):
    project.run("resolve")
    for _ in range(2):
        text = project.run("plan", "--output", "markdown").out
        assert text.endswith("\n<!-- nodemint plan: eksworkshop -->\n") and len(text) < LIMIT_OF_GITHUB
        apply(project)


def test_what_changed_outside_is_told(served):
    """Somebody makes a version by hand and moves the default: told, and left alone."""
    project = served
    second_version(project)
    ec2 = project.aws.client("ec2")
    made = ec2.create_launch_template_version(
        LaunchTemplateName="demo", SourceVersion="1", LaunchTemplateData={"InstanceType": "m5.xlarge"}
    )
    number = made["LaunchTemplateVersion"]["VersionNumber"]
    ec2.modify_launch_template(LaunchTemplateName="demo", DefaultVersion=str(number))
    done = project.run("plan", "--detailed-exitcode", code=0)
    assert f"version {number} was made by" in done.out, str(done)
    assert f"its default version is {number}" in done.out, str(done)
    eks = project.aws.client("eks")
    eks.update_nodegroup_version(
        clusterName=CLUSTER, nodegroupName=GROUP, launchTemplate={"name": "demo", "version": str(number)}
    )
    eks.get_waiter("nodegroup_active").wait(
        clusterName=CLUSTER, nodegroupName=GROUP, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    moved = project.json("plan")
    (group,) = moved["nodeGroups"]
    assert [reason["kind"] for reason in group["reasons"]] == ["movedByOthers"]
    apply(project)
    nothing_left(project)
