#!/usr/bin/env python3
"""Which crate may use what. Only nodemint-aws names the SDK, so that nobody else waits for its build; core knows
neither tokio nor the network, so that deciding stays pure."""

import json
import re
import subprocess
import sys

from tree import ROOT, files, report, text

SDK = re.compile(r"aws[-_](sdk|config|smithy|types|credential|runtime|sigv4)")
SDK_IN_SOURCE = re.compile(r"\baws_(?:sdk_\w+|config|smithy_\w+|types|credential_types|runtime|sigv4)\s*::")

# package → the packages of the workspace that it may use
OURS = {
    "nodemint-core": set(),
    "nodemint-engine": {"nodemint-core"},
    "nodemint-aws": {"nodemint-core", "nodemint-engine"},
    "nodemint-sandbox": {"nodemint-core"},
    "nodemint": {"nodemint-core", "nodemint-engine", "nodemint-aws", "nodemint-sandbox"},
}
# What core may not use: whatever does something instead of deciding it.
DOING = {"tokio", "async-trait", "futures", "axum", "hyper", "reqwest", "clap", "indicatif", "tracing", "rand"}


def packages():
    answer = subprocess.run(
        ["cargo", "metadata", "--no-deps", "--format-version", "1", "--locked"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout
    return {package["name"]: package for package in json.loads(answer)["packages"]}


def manifest_problems(name, package):
    if name not in OURS:
        yield f"{name}: not on the list of ci/checks/layering.py"
        return
    for dependency in package["dependencies"]:
        used, kind = dependency["name"], dependency["kind"] or "normal"
        if SDK.match(used) and name != "nodemint-aws":
            yield f"{name}: depends on {used}; only nodemint-aws may"
        if used.startswith("nodemint") and kind == "normal" and used not in OURS[name]:
            yield f"{name}: depends on {used}; it may use {sorted(OURS[name]) or 'none of ours'}"
        if name == "nodemint-core" and kind == "normal" and used in DOING:
            yield f"{name}: depends on {used}; core decides, and does nothing"


def source_problems():
    for path in files():
        if path.suffix != ".rs" or path.parts[:2] == ("builder", "aws"):
            continue
        content = text(path) or ""
        for match in SDK_IN_SOURCE.finditer(content):
            line = content.count("\n", 0, match.start()) + 1
            yield f"{path}:{line}: names {match.group().rstrip(': ')}; only builder/aws may"


def problems():
    found = packages()
    for name in sorted(OURS.keys() - found.keys()):
        yield f"{name}: is not in the workspace"
    for name, package in sorted(found.items()):
        yield from manifest_problems(name, package)
    yield from source_problems()


if __name__ == "__main__":
    sys.exit(report("layering", list(problems())))
