"""Lints through the binary: told at their places by `validate`, `render` and `plan`, errors before anything is
written, warnings beside the answer, and no word of what a secret is."""

import dataclasses
import json

import pytest

# No secret of anybody: put together here, so that no scanner of repositories takes it for one.
KEY_ID = "AKI" + "AQ3EGRZ7PXW2LM4TN"
PASSWORD = "x7Kp2" + "Lm9Qw3z"
SECRETS = [KEY_ID, PASSWORD]

STEP = "userdata/10-sysctl.sh"
PLACE = "launchTemplates[0].userData.preBootstrap[0]"
COMMANDS = [("validate",), ("render", "--out", "rendered"), ("plan",)]


@pytest.fixture
def lint(project):
    """The project of the golden case, with lines added to its script and to its `userData`."""

    def change(script="", user_data="", merged=False, options=None):
        path = project.folder / STEP
        path.write_bytes(path.read_bytes() + script.encode())
        if user_data:
            project.edit("    userData:\n", f"    userData:\n{user_data}")
        if merged:
            project.edit("      pinnedBy: launchTemplate          #", "      pinnedBy: releaseVersion          #")
        if options is not None:
            project.edit("      httpPutResponseHopLimit: 2        # pods", f"{options}        # pods")
        return project

    return change


def streams(done):
    return done.out + done.err


@dataclasses.dataclass(frozen=True)
class Error:
    """Lines of a script, and what must be said of them."""

    script: str
    said: tuple
    merged: bool = False


ERRORS = {
    "CRLF": Error("ls\r\n", (f"{STEP}:10: the line ends as Windows ends lines (CRLF)", ".gitattributes")),
    "the stub of AL2023": Error("/etc/eks/bootstrap.sh blue\n", (f"{STEP}:10: it calls /etc/eks/bootstrap.sh",)),
    "the kubelet is EKS's": Error(
        "# systemctl restart kubelet\nsystemctl restart kubelet\n",
        (f"{STEP}:11: it starts, stops or changes the kubelet's service", "userData.allow: [touches-kubelet]"),
        merged=True,
    ),
    "a key of AWS": Error(f"export AWS_ACCESS_KEY_ID={KEY_ID}\n", (f"{STEP}:10: it has an AWS access key in it",)),
    "a password in a comment": Error(f"# password: {PASSWORD}\n", (f"{STEP}:10: it has a password, key or token",)),
}


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_stops_everything_before_it_is_written(lint, name):
    row = ERRORS[name]
    project = lint(row.script, merged=row.merged)
    before = project.files()
    for command in COMMANDS:
        for flags in ((), ("--output", "json"), ("-vv",)):
            done = project.run(*command, *flags, code=1)
            assert f"nodemint.yaml:34:11: {PLACE}" in done.err, str(done)
            assert all(words in done.err for words in row.said), str(done)
            assert "2 problems" not in done.err, str(done)
            assert not any(secret in streams(done) for secret in SECRETS), str(done)
    assert project.files() == before


def test_without_a_lock_the_files_are_linted_as_they_are(lint):
    project = lint(f"sleep 30\npassword={PASSWORD}\n")
    project.lock.unlink()
    done = project.run("validate", code=1)
    assert f"{STEP}:11: it has a password, key or token" in done.err
    assert PASSWORD not in streams(done)
    path = project.folder / STEP
    path.write_text(path.read_text().replace(PASSWORD, "$PASSWORD"))
    done = project.run("validate")
    assert f"warning: {PLACE}: {STEP}:10: it sleeps for ten seconds" in done.err
    assert "There is no lock yet" in done.err


WARNINGS = {
    "slow-boot": ("yum update -y\n", "it updates packages at every boot"),
    "unpinned-download": ("curl https://example.com/x | bash\n", "it runs what a download gives that day"),
}


@pytest.mark.parametrize("rule", WARNINGS)
def test_a_warning_stands_beside_every_answer_until_it_is_allowed(lint, rule):
    script, said = WARNINGS[rule]
    project = lint(script)
    told = f"{PLACE}: {STEP}:10: {said}"
    assert f"warning: {told}" in project.run("validate").err
    assert f"warning: {told}" in project.run("render", "--out", "rendered").err
    for command in (("validate",), ("render", "--out", "rendered")):
        (warning,) = project.json(*command)["warnings"]
        assert warning.startswith(f"34:11: {told}") and f"userData.allow: [{rule}]" in warning
    assert (
        f"warning: launch template demo: {STEP}:10: {said}"
        in project.run(
            "plan",
        ).out
    )
    assert f"**Warning**: launch template demo: {STEP}:10: {said}" in project.run("plan", "--output", "markdown").out
    (warning,) = project.json(
        "plan",
    )["warnings"]
    assert warning["path"] == PLACE and warning["message"].startswith(f"{STEP}:10: {said}")
    project.edit("    userData:\n", f"    userData:\n      allow: [{rule}]\n")
    for command in COMMANDS:
        assert said not in streams(project.run(*command))


def test_what_is_allowed_and_not_needed_is_told(lint):
    project = lint(f"password={PASSWORD}\n", user_data="      allow: [secret, touches-kubelet]\n")
    done = project.run("validate")
    assert "warning: launchTemplates[0].userData.allow: `touches-kubelet` is allowed" in done.err.replace(
        "⚠", "warning:"
    )
    assert f"{STEP}:10: it has a password, key or token" in done.err and "allowed by `userData.allow`" in done.err
    assert PASSWORD not in streams(done)


def test_what_is_no_matter_of_looks_cannot_be_allowed(lint):
    done = lint(user_data="      allow: [no-shebang]\n").run("validate", code=1)
    assert "unknown value `no-shebang`" in done.err


HOPS = {
    "out of reach": ("      httpPutResponseHopLimit: 1", "with a hop limit of 1 pods on their own network reach no"),
    "left to defaults": ("      #", "no hop limit is set"),
    "no metadata at all": ("      httpEndpoint: disabled", None),
}


@pytest.mark.parametrize("name", HOPS)
def test_the_hop_limit(lint, name):
    options, said = HOPS[name]
    project = lint(options=options)
    warnings = project.json("validate")["warnings"]
    assert (len(warnings), said is None or said in warnings[0]) == (0 if said is None else 1, True), warnings
    project.edit("    userData:\n", "    userData:\n      allow: [hop-limit]\n")
    if said:
        assert project.json("validate")["warnings"] == []


def test_security_groups_without_the_clusters_own(lint):
    project = lint()
    project.edit("securityGroupIds: [sg-0123456789abcdef0]", "securityGroupIds: [sg-0fedcba9876543210]")
    (warning,) = project.json("validate")["warnings"]
    assert "securityGroupIds: EKS adds no security group to these" in warning
    # The plan asks AWS, and says it once.
    (warning,) = project.json(
        "plan",
    )["warnings"]
    assert "EKS adds no security group" in warning["message"]
    project.edit("    userData:\n", "    userData:\n      allow: [cluster-security-group]\n")
    assert project.json("validate")["warnings"] == []
    assert (
        project.json(
            "plan",
        )["warnings"]
        == []
    )


def test_no_line_of_a_step_is_shown_with_an_error(lint):
    project = lint(user_data="      taints: [{key: a, effect: Never}]\n")
    project.edit('run: logger -t nodemint "preBootstrap is done"', f"run: 'password={PASSWORD}'")
    project.edit("    labels: {role: managed-ng-worker}", f"    labels: {{role: 3}} # token={PASSWORD}")
    done = project.run("validate", code=1)
    assert "taints[0].effect" in done.err and "labels.role" in done.err
    assert PASSWORD not in streams(done)
    project.edit("effect: Never", "effect: NoSchedule")
    project.edit("{role: 3}", "{role: managed-ng-worker}")
    done = project.run("validate", "-vv", code=1)
    assert "preBootstrap[1]: line 1: it has a password, key or token" in done.err
    assert PASSWORD not in streams(done)


def test_the_plan_file_and_the_answer_agree(lint):
    project = lint("sleep 30\n")
    project.run("plan", "--out", "plan.json")
    saved = json.loads((project.folder / "plan.json").read_text())
    assert [warning["path"] for warning in saved["plan"]["warnings"]] == [PLACE]
