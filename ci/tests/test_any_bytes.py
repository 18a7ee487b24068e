"""Whatever is in the parts, cloud-init gives it back: types, order and bytes.

The documents are packed by `render`'s own code (builder/core/examples/pack_parts.rs), because a spec's checks refuse
most of what is tried here. The bytes are random, with a fixed seed, and made of what breaks such documents.
"""

import base64
import gzip
import json
import random
import subprocess
from pathlib import Path

from support import BIN

HERE = Path(__file__).parent
PACK = BIN.parent / "examples" / "pack_parts"
LISTS = 400
# cloud-init looks into `text/plain` and `text/x-shellscript` for another type; scripts begin with `#!` here.
TYPES = [
    "application/octet-stream",
    "text/x-shellscript",
    "text/cloud-config",
    "text/cloud-boothook",
    "text/part-handler",
    "text/x-shellscript-per-boot",
    "application/node.eks.aws",
]
AWKWARD = [
    b"", b"\n", b"\r\n", b"\r", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\x7f", "é\u2028".encode(), b" \t ", b"=3D=\n",
    b"--", b"--\n--", b"\n--//\n", b"\n--//--\n", b"From x\n", b".\n", b"MIME-Version: 1.0\n\n", b"a: b\n",
    b"Content-Transfer-Encoding: base64\n\n", b"\n--nodemint-0123456789abcdef01234567\n", b"\x1f\x8b\x08", b"x" * 1200,
]  # fmt: skip


def body(random):
    pieces = []
    for _ in range(random.randrange(0, 12)):
        match random.randrange(3):
            case 0:
                pieces.append(random.choice(AWKWARD))
            case 1:
                pieces.append(random.randbytes(random.randrange(0, 200)))
            case _:
                text = random.choices("abc #!\"'$\\:\t\n", k=random.randrange(0, 80))
                pieces.append("".join(text).encode())
    return b"".join(pieces)


def some_parts(random):
    parts = []
    for _ in range(random.randrange(1, 7)):
        kind = random.choice(TYPES)
        start = b"#!/bin/sh\n" if kind == "text/x-shellscript" else b""
        parts.append((kind, start + body(random)))
    return parts


def lines(command, inputs):
    run = subprocess.run(command, input="\n".join(inputs) + "\n", capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


def pack(lists):
    encode = lambda content: base64.b64encode(content).decode()  # noqa: E731
    inputs = [json.dumps([{"type": kind, "body": encode(content)} for kind, content in parts]) for parts in lists]
    return [base64.b64decode(line) for line in lines([str(PACK)], inputs)]


def read(documents):
    command = ["/usr/bin/python3", str(HERE / "cloudinit_many.py")]
    found = lines(command, [base64.b64encode(document).decode() for document in documents])
    return [[(part["type"], base64.b64decode(part["body"])) for part in json.loads(line)] for line in found]


def test_cloud_init_gives_any_bytes_back():
    seeded = random.Random(20260101)
    lists = [some_parts(seeded) for _ in range(LISTS)]
    documents = pack(lists)
    assert len(documents) == LISTS and len(set(documents)) == len(set(map(repr, lists))) > LISTS * 0.9
    for document in documents:
        assert document.isascii() and b"\r" not in document
    assert sum(b"\r" in content or not content.isascii() for parts in lists for _, content in parts) > LISTS
    wrong = [at for at, (got, want) in enumerate(zip(read(documents), lists, strict=True)) if got != want]
    assert not wrong, f"{len(wrong)} lists; the first: {lists[wrong[0]]}"
    assert pack(lists) == documents, "the same bytes every time"


def test_cloud_init_unpacks_gzip_to_the_same():
    seeded = random.Random(20260102)
    lists = [some_parts(seeded) for _ in range(50)]
    assert read([gzip.compress(document) for document in pack(lists)]) == lists
