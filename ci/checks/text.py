#!/usr/bin/env python3
"""Nothing of one machine is in the tree: no path of it, no package mirror, and no test that is switched off."""

import re
import sys

from tree import files, report, text

# Each pattern has a bracket in it, so that it does not find itself.
EVERYWHERE = {
    r"(?<![\w.{}$*])/[w]ork/": "a path of one machine",
    r"/[U]sers/\w": "a path of one machine",
    r"/[h]ome/(?!ec2-user\b|ubuntu\b|\$)\w": "a path of one machine",
    r"/[o]pt/wheels": "a path of one machine",
    r"/[t]mp/(?:target|briefs)": "a path of one machine",
    r"[a]rtifactory": "a package mirror",
    r"[i]ndex\.crates\.io|[s]tatic\.crates\.io|[p]ypi\.org/simple|[f]iles\.pythonhosted": "a package mirror",
    r"^(?:<{7}|>{7}) ": "a conflict marker",
}
# The home of root is an ordinary path on a node, and nowhere else.
OUTSIDE_OF_NODES = {r"(?<![\w.{}$*/])/[r]oot/": "a path of one machine"}
RUST = {r"#\[ignore\b": "a test that is switched off"}
PYTHON_TESTS = {r"mark\.(?:skip|xfail)\b|pytest\.(?:skip|xfail|importorskip)\(": "a test that is switched off"}


def rules(path):
    yield from EVERYWHERE.items()
    if path.parts[0] not in {"userdata", "templates", "golden"}:
        yield from OUTSIDE_OF_NODES.items()
    if path.suffix == ".rs":
        yield from RUST.items()
    if path.parts[:2] == ("ci", "tests"):
        yield from PYTHON_TESTS.items()


def problems():
    for path in files():
        if path.suffix == ".new":
            yield f"{path}: a snapshot that nobody reviewed"
        content = text(path)
        for pattern, what in rules(path) if content is not None else ():
            for match in re.finditer(pattern, content, re.MULTILINE):
                line = content.count("\n", 0, match.start()) + 1
                yield f"{path}:{line}: {what}: {match.group()}"


if __name__ == "__main__":
    sys.exit(report("text", list(problems())))
