"""The golden cases read by cloud-init itself: its UserDataProcessor gives every part back, and its schema knows
what the cloud-config says.

The documents are read as they are, gzipped, and with every part in base64: what a node sees must not depend on
how it was packed.
"""

import base64
import gzip
import json

import pytest
from goldens import HERE, MIME, PARTS, SYSTEM_PYTHON, in_base64, kind, name, parts, plain, run

PACKINGS = {"plain": lambda blob: blob, "gzip": lambda blob: gzip.compress(blob, mtime=0), "base64": in_base64}
CLOUD_CONFIGS = [part for part in PARTS if kind(part) == "text/cloud-config"]


def read(program, paths):
    """What a program that runs under the system's Python says of each file."""
    done = run([SYSTEM_PYTHON, HERE / program, *paths], text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def cloud_init(paths):
    """The parts of each file: their types and bytes."""
    found = read("cloudinit_parts.py", paths)
    return [[(part["type"], base64.b64decode(part["body"])) for part in one] for one in found]


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """(document, packing) → what cloud-init makes of it; one process reads them all."""
    folder = tmp_path_factory.mktemp("packed")
    keys, paths = [], []
    for number, document in enumerate(MIME):
        for packing, pack in PACKINGS.items():
            path = folder / f"{number}-{packing}"
            path.write_bytes(pack(plain(document)))
            keys.append((document, packing))
            paths.append(path)
    return dict(zip(keys, cloud_init(paths), strict=True))


def written(document):
    return [(kind(part), part.read_bytes()) for part in parts(document)]


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("document", MIME, ids=name)
def test_cloud_init_gives_every_part_back(seen, document, packing):
    assert seen[document, packing] == written(document)


def test_every_type_of_a_part_is_tried():
    wanted = {"text/x-shellscript", "text/cloud-config", "text/cloud-boothook", "text/part-handler", "text/jinja2"}
    assert wanted <= {kind(part) for part in PARTS}
    assert any(b"Content-Transfer-Encoding: base64" in document.read_bytes() for document in MIME)


# Documents that a hand would write, and what goes wrong with them: if these pass, the test above shows nothing.
HEAD = b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="B"\n\n'
SCRIPT = b"#!/bin/sh\necho caf\xc3\xa9\n"
BROKEN = {
    "letters in 8bit": HEAD + b"--B\nContent-Type: text/x-shellscript\nContent-Transfer-Encoding: 8bit\n\n%s\n--B--\n",
    "a blank line first": b"\n" + HEAD + b"--B\nContent-Type: text/x-shellscript\n\n%s\n--B--\n",
    "no MIME-Version": HEAD.partition(b"\n")[2] + b"--B\nContent-Type: text/x-shellscript\n\n%s\n--B--\n",
    "the boundary in the body": HEAD + b"--B\nContent-Type: text/x-shellscript\n\n#!/bin/sh\n--B\n%s\n--B--\n",
}


@pytest.mark.parametrize("document", BROKEN.values(), ids=BROKEN)
def test_a_broken_document_is_seen_to_be_broken(tmp_path, document):
    path = tmp_path / "user-data"
    path.write_bytes(document.replace(b"%s", SCRIPT))
    (found,) = cloud_init([path])
    assert found != [("text/x-shellscript", SCRIPT)]


@pytest.fixture(scope="module")
def judged():
    """Each cloud-config → what cloud-init's schema has against it."""
    return dict(zip(CLOUD_CONFIGS, read("cloudinit_schema.py", CLOUD_CONFIGS), strict=True))


@pytest.mark.parametrize("part", CLOUD_CONFIGS, ids=name)
def test_cloud_config_is_in_cloud_inits_schema(judged, part):
    assert judged[part] == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("packages: [a]\n", "the first line is not #cloud-config"),
        ("#cloud-config\npackages: nfs-common\n", "packages: 'nfs-common' is not of type 'array'"),
        ("#cloud-config\nwrite_files: [{content: a}]\n", "write_files.0: 'path' is a required property"),
    ],
)
def test_a_wrong_cloud_config_is_seen_to_be_wrong(tmp_path, text, says):
    path = tmp_path / "cloud-config.yaml"
    path.write_text(text)
    assert read("cloudinit_schema.py", [path]) == [[says]]
