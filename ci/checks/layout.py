#!/usr/bin/env python3
"""The top level is fixed: nothing is put there that is not on this list, and nothing on it is missing."""

import sys

from tree import files, report

FOLDERS = {"builder", "templates", "userdata", "golden", "ci", ".ci"}
FILES = {
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
}


def problems():
    listed = files()
    folders = {path.parts[0] for path in listed if len(path.parts) > 1}
    loose = {path.name for path in listed if len(path.parts) == 1}
    yield from (f"{name}/ does not belong at the top level" for name in sorted(folders - FOLDERS))
    yield from (f"{name} does not belong at the top level" for name in sorted(loose - FILES))
    yield from (f"{name}/ is missing" for name in sorted(FOLDERS - folders))
    yield from (f"{name} is missing" for name in sorted(FILES - loose))


if __name__ == "__main__":
    sys.exit(report("layout", list(problems())))
