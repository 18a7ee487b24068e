"""The published JSON Schemas: what they accept and refuse is what nodemint does."""

import copy
import json

import jsonschema
import pytest
import yaml
from support import BIN, ROOT, environment, run

PUBLISHED = ROOT / "golden/schema/nodemint.schema.json"
SPECS = sorted((ROOT / "golden").glob("*/nodemint.yaml"))


@pytest.fixture(scope="module")
def schema():
    return json.loads(PUBLISHED.read_text())


def test_there_are_examples():
    assert any(path.parent.name == "eksworkshop" for path in SPECS)


def test_the_schema_is_one(schema):
    jsonschema.validators.validator_for(schema).check_schema(schema)


@pytest.mark.parametrize("of", ["spec", "nodeconfig", "seed", "plan", "event"])
def test_schemas_are_printed(of, tmp_path):
    done = run([BIN, "schema", of], cwd=tmp_path, env=environment(tmp_path))
    printed = done.json()
    jsonschema.validators.validator_for(printed).check_schema(printed)
    published = {"spec": PUBLISHED, "nodeconfig": PUBLISHED.with_name("nodeconfig.schema.json")}
    if of in published:
        assert printed == json.loads(published[of].read_text())


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.parent.name)
def test_every_golden_spec_is_valid(path, schema, tmp_path):
    jsonschema.validate(yaml.safe_load(path.read_text()), schema)
    run([BIN, "-f", path, "validate"], cwd=tmp_path, env=environment(tmp_path))


def set_to(value, *path):
    def change(document):
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = value

    return change


def without(*path):
    def change(document):
        for step in path[:-1]:
            document = document[step]
        del document[path[-1]]

    return change


BROKEN = {
    "unknown key": set_to(1, "launchTemplates", 0, "instanceTyp"),
    "unknown key at the top": set_to([], "nodegroups"),
    "wrong type": set_to("many", "nodeGroups", 0, "scaling", "max"),
    "a list for a mapping": set_to([], "metadata"),
    "unknown family": set_to("AL2024", "launchTemplates", 0, "family"),
    "another kind": set_to("Cluster", "kind"),
    "another version": set_to("nodemint.dev/v9", "apiVersion"),
    "a version as a number": set_to(1.3, "clusters", 0, "version"),
    "no name": without("nodeGroups", 0, "name"),
    "no clusters": without("clusters"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_both_refuse_a_broken_spec(what, schema, tmp_path):
    document = copy.deepcopy(yaml.safe_load((ROOT / "golden/eksworkshop/nodemint.yaml").read_text()))
    BROKEN[what](document)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)
    path = tmp_path / "nodemint.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    run([BIN, "-f", path, "validate"], cwd=tmp_path, env=environment(tmp_path), code=1)
