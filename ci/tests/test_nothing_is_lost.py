"""Files are written where they should be, and nothing else is touched: what careful users tried and lost once."""

import os
import stat

import yaml
from story import apply, first_version, second_version

SECOND_REGION = "  - {name: eksworkshop, region: us-east-1}\n"
OTHER_CLUSTER = """  - {name: eksworkshop, region: us-east-1}
  - name: other
    region: eu-west-1
    version: "1.34"
    endpoint: https://FEDCBA9876543210FEDCBA9876543210.gr7.eu-west-1.eks.amazonaws.com
    certificateAuthority: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==
    serviceCidr: 10.100.0.0/16
    ipFamily: ipv4
"""


def two_regions(project):
    project.edit(SECOND_REGION, OTHER_CLUSTER)
    project.edit("    family: AL2023", "    clusters: [eksworkshop, other]\n    family: AL2023")
    project.lock.unlink()
    project.run("resolve")


def images(project):
    return yaml.safe_load(project.lock.read_text())["launchTemplates"]["demo"]


def test_resolve_in_one_region_keeps_what_is_locked_in_another(project):
    two_regions(project)
    before = project.lock.read_bytes()
    assert set(images(project)) == {"eksworkshop", "other"}
    for region in ("us-east-1", "eu-west-1"):
        project.run("resolve", "--region", region)
        project.run("resolve", "--region", region, "--check")
        project.run("resolve", "--region", region, "--update")
        assert project.lock.read_bytes() == before, region


def test_render_in_one_region_keeps_the_files_of_another(project):
    two_regions(project)
    project.run("render", "--out", "out")
    before = project.files()
    project.run("render", "--out", "out", "--region", "eu-west-1")
    project.run("render", "--out", "out", "--region", "us-east-1", "--check")
    assert project.files() == before


def test_render_removes_only_what_it_rendered(project):
    project.run("render", "--out", "out")
    own = project.folder / "out/demo/eksworkshop"
    (own / "notes.md").write_text("mine")
    (project.folder / "out/demo/mine").mkdir()
    (project.folder / "out/demo/mine/a.txt").write_text("mine")
    leftover = own / "parts/09-old.sh"
    leftover.write_text("#!/bin/sh\n")
    done = project.run("render", "--out", "out")
    assert "1 removed" in done.out and not leftover.exists(), str(done)
    assert (own / "notes.md").read_text() == "mine"
    assert (project.folder / "out/demo/mine/a.txt").read_text() == "mine"


def test_a_launch_template_that_is_gone_is_told_and_left(project):
    project.run("render", "--out", "out")
    project.edit("  - name: demo ", "  - name: renamed ")
    project.edit("    launchTemplate: demo ", "    launchTemplate: renamed ")
    project.run("resolve")
    done = project.run("render", "--out", "out")
    assert "not of this spec any more" in done.out, str(done)
    assert (project.folder / "out/demo/eksworkshop/user-data.mime").exists()
    project.run("render", "--out", "out", "--check", code=2)


def test_render_never_writes_over_a_file_of_the_spec(project):
    script = "out/demo/eksworkshop/parts/00-preBootstrap-0.sh"
    (project.folder / script).parent.mkdir(parents=True)
    (project.folder / "userdata/10-sysctl.sh").rename(project.folder / script)
    project.edit("file: userdata/10-sysctl.sh ", f"file: {script} ")
    before = project.files()
    done = project.run("render", "--out", "out", code=1)
    assert script in done.err and "--out" in done.err, str(done)
    assert project.files() == before


def test_a_plan_goes_into_a_pipe_and_leaves_it_one(project):
    project.run("resolve")
    pipe = project.folder / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        project.run("plan", "--out", "pipe")
        assert stat.S_ISFIFO(pipe.stat().st_mode)
        assert os.read(reader, 64).startswith(b"{")
    finally:
        os.close(reader)


def test_a_linked_spec_stays_a_link(project):
    second_version(project)
    real = project.folder / "real.yaml"
    project.spec.rename(real)
    project.spec.symlink_to("real.yaml")
    project.run("rollback", "mng-1", "--to", "1", "--yes", "--write")
    assert project.spec.is_symlink() and "launchTemplateVersion: 1" in real.read_text()


def test_what_holds_user_data_is_for_its_owner_alone(project):
    project.run("resolve")
    project.run("plan", "--out", "plan.json")
    state = project.folder.parent / "state.json"
    for path in (project.folder / "plan.json", state):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_changes_in_user_data_are_shown_only_when_asked(project):
    first_version(project)
    project.edit('nodemint "preBootstrap is done"', 'nodemint "hunter2 is the password"')
    for form in ("text", "markdown", "json"):
        done = project.run("plan", "--output", form)
        assert "UserData" in done.out and "hunter2" not in done.out + done.err, form
    shown = project.run("plan", "--show-user-data")
    assert "hunter2" in shown.out, str(shown)
    applied = apply(project)
    assert "hunter2" not in applied.out + applied.err


def test_status_says_what_is_not_as_it_was(served):
    first_version(served)
    ec2 = served.aws.client("ec2")
    ec2.delete_launch_template(LaunchTemplateName="demo")
    done = served.run("status")
    assert "does not exist any more" in done.out, str(done)
    notes = served.json("status")["nodeGroups"][0]["notes"]
    assert len(notes) == 1 and "demo" in notes[0]


def test_history_tells_whose_version_it_is(served):
    second_version(served)
    ec2 = served.aws.client("ec2")
    ec2.create_launch_template_version(
        LaunchTemplateName="demo", SourceVersion="2", LaunchTemplateData={"InstanceType": "m5.xlarge"}
    )
    done = served.run("history", "demo")
    by_hand = next(line for line in done.out.splitlines() if line.startswith("3 "))
    assert "others" in by_hand and "fleet eksworkshop" in done.out, str(done)


def test_no_spec_names_the_way_on(project):
    done = project.run("plan", "--file", "nowhere.yaml", code=1)
    assert "nowhere.yaml" in done.err and "demo" in done.err, str(done)


def test_a_rolled_back_group_with_a_pin_says_so(project):
    second_version(project)
    project.run("rollback", "mng-1", "--to", "1", "--yes", "--write")
    done = project.run("status")
    assert "pins it to version 1" in done.out, str(done)
