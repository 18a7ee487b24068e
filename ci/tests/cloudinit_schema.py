"""Prints what cloud-init's own schema says of cloud-config files, and nothing of ours.

Runs under the system's Python, where Debian's cloud-init package is: `/usr/bin/python3 cloudinit_schema.py FILE…`.
Writes a line of JSON for each file: the errors and deprecations that cloud-init finds, by their path.
"""

import json
import sys

import yaml
from cloudinit.config import schema


def problems(text):
    if not text.startswith("#cloud-config\n"):
        return ["the first line is not #cloud-config"]
    try:
        schema.validate_cloudconfig_schema(yaml.safe_load(text), schema.get_schema(), strict=True)
    except schema.SchemaValidationError as error:
        found = [*error.schema_errors, *(getattr(error, "schema_deprecations", None) or [])]
        return [f"{problem[0]}: {problem[1]}" for problem in found]
    return []


if __name__ == "__main__":
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            print(json.dumps(problems(file.read())))
