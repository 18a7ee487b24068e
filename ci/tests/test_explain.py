"""`nodemint explain`: whatever user data there is, from a file, a pipe or a launch template."""

import base64
import gzip

import pytest
from story import first_version
from support import BIN, ROOT, TEMPLATE, environment, no_ansi, run

GOLDEN = ROOT / "golden"
DOCUMENTS = sorted(GOLDEN.glob("*/rendered/*/*/user-data.*"))
SECRET = "s3cr3t-4d2f"
SCRIPT = f"#!/bin/bash\necho {SECRET}\n"
MIME = (
    'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="B"\n\n'
    f"--B\nContent-Type: text/x-shellscript\n\n{SCRIPT}\n"
    "--B\nContent-Type: application/node.eks.aws\n\n"
    "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec: {kubelet: {config: {maxPods: 58}}}\n--B--\n"
)


@pytest.fixture
def explain(tmp_path):
    """Runs `explain` where there is neither a spec nor an AWS."""
    env = environment(tmp_path, AWS_DEFAULT_REGION=None)

    def go(*arguments, code=0, stdin=""):
        return run([BIN, "explain", *arguments], cwd=tmp_path, env=env, code=code, stdin=stdin)

    return go


def only(done):
    answer = done.json()
    assert answer["schema"] == "nodemint.dev/explain/v1"
    assert len(answer["userData"]) == 1
    return answer["userData"][0]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(GOLDEN)))
def test_what_we_rendered_is_found_part_by_part(explain, document):
    merged = "ImageId" not in (document.parent / "launch-template-data.yaml").read_text()
    told = only(explain(document, "--output", "json", *(["--merged"] if merged else [])))
    parts = sorted((document.parent / "parts").iterdir())
    sizes = [part.stat().st_size for part in parts]
    got = [part["bytes"] for part in told["parts"]]
    if told["form"] == "MIME multipart":
        assert got == sizes
    else:
        assert len(got) == 1 and got[0] >= sum(sizes)
    assert told["bytes"] == document.stat().st_size
    assert not [note for note in told["notes"] if note["weight"] == "error"]


def test_every_packing_of_a_file(explain, tmp_path):
    raw = MIME.encode()
    encode = base64.b64encode
    rows = {
        "raw": (raw, [], 0),
        "gzip": (gzip.compress(raw), ["gzip"], 0),
        "base64": (encode(raw), [], 0),
        "base64 in lines": (base64.encodebytes(raw), [], 0),
        "base64 of gzip": (encode(gzip.compress(raw)), ["gzip"], 0),
        "base64 twice": (encode(encode(raw)), ["base64"], 4),
    }
    for name, (content, layers, code) in rows.items():
        (tmp_path / "file").write_bytes(content)
        told = only(explain("file", "--output", "json", code=code))
        assert told["packedIn"] == layers, name
        assert [part["contentType"] for part in told["parts"]] == ["text/x-shellscript", "application/node.eks.aws"]


def test_a_node_that_does_not_join(explain):
    """What is told of the mistakes that people make most: the exit code is 4, and the cure is there."""
    for text, flags, words in [
        (MIME.replace("MIME-Version: 1.0\n", ""), [], "no MIME-Version"),
        (MIME.replace('"B"\n\n', '"B"\n'), [], "malformed MIME header"),
        ("\n" + MIME, [], "first byte"),
        (MIME, ["--family", "Bottlerocket"], "Bottlerocket reads TOML"),
        (SCRIPT, ["--family", "AL2023", "--merged"], "MIME multipart"),
    ]:
        done = explain("-", *flags, stdin=text, code=4)
        assert words in done.out and "error:" in done.out and "help:" in done.out, str(done)
        assert SECRET not in done.out + done.err and no_ansi(done.out)


def test_content_shows_only_when_asked_for(explain):
    for output in ["text", "json", "markdown"]:
        hidden = explain("-", "--output", output, stdin=MIME)
        assert SECRET not in hidden.out and "maxPods" in hidden.out
        assert SECRET in explain("-", "--output", output, "--show-user-data", stdin=MIME).out


def test_a_terminal_is_not_told_what_to_do(explain):
    evil = MIME.replace("x-shellscript\n", 'x-shellscript; name="\x1b]0;x\x07"\n').replace("echo", "\x1b[2J\x9b")
    done = explain("-", "--show-user-data", "--color", "never", stdin=evil, code=4)
    assert no_ansi(done.out) and "\x9b" not in done.out and "\\u{1b}" in done.out


def test_what_cannot_be_read(explain, tmp_path):
    done = explain("nothing", code=1)
    assert "there is no file nothing" in done.err and "--region" in done.err
    assert "no version" in explain("nothing:x", code=1).err
    assert "AL2023" in explain("-", "--family", "AL2O23", code=1).err
    done = explain("nothing", "--sandbox", "--region", "us-east-1", code=1)
    assert "no launch template `nothing` in us-east-1" in done.err
    (tmp_path / "folder").mkdir()
    explain("folder", code=1)
    with open(tmp_path / "large", "wb") as file:
        file.truncate(17 << 20)
    assert "no user data" in explain("large", code=1).err


def test_a_launch_template(project):
    first_version(project)
    for what in [TEMPLATE, f"{TEMPLATE}:1", f"{TEMPLATE}:latest", f"{TEMPLATE}:default"]:
        told = only(project.run("explain", what, "--output", "json"))
        assert told["source"]["launchTemplate"]["version"] == 1
        assert told["reader"] == "nodeadm" and "inferred" not in told, "the spec tells"
        assert [step["who"] for step in told["boot"]] == ["nodeadm-config", "cloud-init, final stage", "nodeadm-run"]
    assert "has no version 7" in project.run("explain", f"{TEMPLATE}:7", code=1).err
    assert "no launch template `other`" in project.run("explain", "other", code=1).err
    # A file goes before a launch template, and needs no valid spec.
    (project.folder / TEMPLATE).write_text(SCRIPT)
    project.spec.write_text("no: spec\n")
    assert "shell script" in project.run("explain", TEMPLATE).out
    # With a region a launch template needs none either.
    told = only(project.run("explain", f"{TEMPLATE}:1", "--region", "us-east-1", "--output", "json"))
    assert told["inferred"].startswith("part ")
    assert project.run("explain", f"{TEMPLATE}:1", code=1).err


def test_render_merged_is_never_uploaded_and_says_what_is_inferred(tmp_path):
    home = {"cwd": tmp_path, "env": environment(tmp_path)}
    for case in sorted(GOLDEN.glob("*/rendered")):
        data = case.glob("*/*/launch-template-data.yaml")
        merged = {path.parent.relative_to(case) for path in data if "ImageId" not in path.read_text()}
        command = [BIN, "render", "--merged", "--file", case.parent / "nodemint.yaml", "--out", case.parent.name]
        done = run([*command, "--output", "json"], **home)
        out = tmp_path / case.parent.name
        previews = list(out.glob("*/*/user-data.merged.*"))
        assert {path.parent.relative_to(out) for path in previews} == merged, case.parent.name
        for preview in previews:
            assert "Inferred: " in preview.read_text()
        assert set(done.json()["files"]) >= {str(path.relative_to(out)) for path in previews}
        assert run([*command, "--check"], **home).code == 0
