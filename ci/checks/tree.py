"""The files of the project, as git knows them, without what .gitignore leaves out."""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def files():
    """Tracked files and those that are about to be, as paths relative to the root."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    names = sorted(name for name in listing.split("\0") if name)
    return [pathlib.PurePosixPath(name) for name in names if (ROOT / name).is_file()]


def text(path):
    """The file's text, or None if it is not text."""
    try:
        return (ROOT / path).read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return None


def report(check, problems):
    """Prints what is wrong, a line each, and gives the exit code."""
    for problem in problems:
        print(f"{check}: {problem}")
    if not problems:
        print(f"{check}: ok")
    return 1 if problems else 0
