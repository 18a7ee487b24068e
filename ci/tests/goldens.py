"""The golden cases as the tests of user data see them: documents, their parts, and the spec and lock behind them."""

import base64
import email
import gzip
import subprocess
from pathlib import Path

import yaml

HERE = Path(__file__).parent
GOLDEN = HERE.parent.parent / "golden"
# Debian's Python, where its cloud-init package is.
SYSTEM_PYTHON = "/usr/bin/python3"
GZIP = b"\x1f\x8b"
NODE_CONFIG = "application/node.eks.aws"
SHELLS = ("sh", "bash")

# How `nodemint render` names a part's file for each type; a later ending contains none before it.
TYPES = {
    ".nodeconfig.yaml": NODE_CONFIG,
    ".cloud-config.yaml": "text/cloud-config",
    ".boothook.sh": "text/cloud-boothook",
    ".per-boot.sh": "text/x-shellscript-per-boot",
    ".per-instance.sh": "text/x-shellscript-per-instance",
    ".per-once.sh": "text/x-shellscript-per-once",
    ".part-handler.py": "text/part-handler",
    ".jinja2": "text/jinja2",
    ".sh": "text/x-shellscript",
}


def documents(*endings):
    return sorted(path for ending in endings for path in GOLDEN.glob(f"*/rendered/*/*/user-data.{ending}"))


MIME = documents("mime", "mime.gz")
# A document that others wrote goes out as they framed it.
OURS = [path for path in MIME if not list((path.parent / "parts").glob("*-verbatim.*"))]
SETTINGS = documents("toml", "toml.gz")
POWERSHELL = documents("ps1.txt")
# A file of the user's own, whatever it is: of the family Custom alone.
AS_GIVEN = documents("txt")
GZIPPED = [path for path in MIME + SETTINGS if path.suffix == ".gz"]


def name(path):
    """What a case is called in pytest's reports."""
    return str(path.relative_to(GOLDEN))


def case(path):
    """The folder of the case that a rendered file belongs to."""
    return GOLDEN / path.relative_to(GOLDEN).parts[0]


def parts(document):
    """The files of a document's parts, in order."""
    folder = document.parent / "parts"
    return sorted(folder.iterdir()) if folder.exists() else []


def kind(part):
    return next(kind for ending, kind in TYPES.items() if part.name.endswith(ending))


PARTS = [part for document in MIME for part in parts(document)]
NODE_CONFIGS = [part for part in PARTS if kind(part) == NODE_CONFIG]


def shell(script):
    """The shell that a script names in its first line; None for another interpreter."""
    first = script.read_bytes().split(b"\n", 1)[0].decode()
    assert first.startswith("#!"), f"{script}: no interpreter"
    interpreter = first[2:].split()[-1].rsplit("/", 1)[-1]
    return interpreter if interpreter in SHELLS else None


def plain(document):
    """A document's bytes as they were before they were gzipped, if they were."""
    blob = document.read_bytes()
    return gzip.decompress(blob) if blob.startswith(GZIP) else blob


def template(path):
    """The launch template of the spec that a rendered file was made from."""
    wanted = path.relative_to(case(path) / "rendered").parts[0].replace("%2F", "/")
    spec = yaml.safe_load((case(path) / "nodemint.yaml").read_text())
    (found,) = (one for one in spec["launchTemplates"] if one["name"] == wanted)
    return found


def complete(path):
    """Whether the image is in the launch template, so that the user data is all that the node gets."""
    return template(path)["ami"].get("pinnedBy", "launchTemplate") == "launchTemplate"


def ours(path):
    """Whether nodemint knows what joins a node of the family; with Custom that is the user's affair."""
    return template(path)["family"] != "Custom"


def facts(path):
    """A rendered file's cluster, and what the lock says of it."""
    data = path if path.name == "launch-template-data.yaml" else path.parent / "launch-template-data.yaml"
    cluster = data.parent.name
    return cluster, yaml.safe_load((case(path) / "nodemint.lock").read_text())["clusters"][cluster]


def in_base64(blob):
    """The same MIME document with every part's body in base64."""
    message = email.message_from_bytes(blob)
    for part in message.get_payload():
        body = part.get_payload(decode=True)
        part.replace_header("Content-Transfer-Encoding", "base64")
        part.set_payload(base64.encodebytes(body).decode())
    return message.as_bytes()


def run(command, **more):
    return subprocess.run([str(part) for part in command], capture_output=True, timeout=120, **more)
