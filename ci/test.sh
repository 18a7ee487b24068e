#!/usr/bin/env bash
# The project's own test script: sets up what it needs, then runs every check. .ci/run calls it.
#
#     ci/test.sh                 everything
#     ci/test.sh fmt unit e2e    only these steps
#     ci/test.sh --list          the steps, and what each is for
#
# Needs Rust (rustup's default profile) and Python 3.11 or newer. The rest is installed: Debian packages where
# this runs as root or sudo asks for no password, Python packages into ci/.venv, cargo-deny and actionlint into
# ci/.tools.
# A step that fails does not keep the others from running; the exit code is the first failure's.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
venv=$root/ci/.venv
tools=$root/ci/.tools
target=${CARGO_TARGET_DIR:-$root/target}
cargo_deny_version=0.20.2
actionlint_version=1.7.12

export CI=true                         # insta compares, and never writes
export CLIPPY_CONF_DIR=$root/builder
export NODEMINT_BIN=$target/debug/nodemint
export NODEMINT_TEST_RUN=$$-$RANDOM    # every process of this run carries it: see end_processes
export PYTHONDONTWRITEBYTECODE=1

# name: what it is for. In the order in which they run: the quick ones first.
steps=(
  'fmt:       Rust and Python are formatted'
  'layout:    nothing at the top level that does not belong there'
  'text:      no path of one machine, no package mirror, no test that is switched off'
  'layering:  only builder/aws names the AWS SDK; core decides and does nothing'
  'scripts:   shellcheck, ruff, and the sandbox model against botocore'
  'pipelines: actionlint, and the schemas of GitHub, GitLab and CodeBuild, over the pipelines that people copy'
  'deny:      licences, banned crates and sources (ci/deny.toml)'
  'build:     the workspace, its tests included'
  'unit:      the tests of the crates'
  'e2e:       the binary with the aws CLI, boto3 and moto; user data with cloud-init, Go, PowerShell (ci/tests)'
  'clippy:    no warning; core and engine touch no clock, file or environment (builder/clippy.toml)'
)

say() { printf '%s\n' "$*"; }
die() { printf 'ci/test.sh: %s\n' "$*" >&2; exit 1; }

# --- set-up -----------------------------------------------------------------------------------------------------

# Debian packages, each with what shows that it is there.
debian_packages() {
  command -v shellcheck >/dev/null || say shellcheck
  command -v faketime >/dev/null || say faketime
  command -v go >/dev/null || say golang-go
  command -v jq >/dev/null || say jq
  /usr/bin/python3 -c 'import cloudinit' 2>/dev/null || say cloud-init
  python3 -c 'import ensurepip, venv' 2>/dev/null || say python3-venv
}

install_debian_packages() {
  local missing=() as_root=()
  mapfile -t missing < <(debian_packages)
  [ ${#missing[@]} -gt 0 ] || return 0
  local hint="install them and run this again: apt-get install ${missing[*]}"
  command -v apt-get >/dev/null || die "these are missing: ${missing[*]}; there is no apt-get here, so $hint"
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || die "these Debian packages are missing, and this is not root: $hint"
    as_root=(sudo -n)
  fi
  say "installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  mapfile -t missing < <(debian_packages)
  [ ${#missing[@]} -eq 0 ] || die "still missing after apt-get install: ${missing[*]}"
}

# The virtual environment is made anew when the requirements have changed.
install_python_packages() {
  local stamp=$venv/requirements.sha256 wanted
  wanted=$(sha256sum <ci/requirements.txt)
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then return 0; fi
  say 'installing ci/requirements.txt into ci/.venv'
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps -r ci/requirements.txt
  "$venv/bin/pip" check
  printf '%s\n' "$wanted" >"$stamp"
}

check_rust() {
  command -v cargo >/dev/null || die 'cargo is missing: install Rust with rustup, then run this again'
  cargo clippy --version >/dev/null 2>&1 || die 'clippy is missing: rustup component add clippy'
  cargo fmt --version >/dev/null 2>&1 || die 'rustfmt is missing: rustup component add rustfmt'
}

set_up() {
  check_rust
  install_debian_packages
  install_python_packages
}

# --- steps ------------------------------------------------------------------------------------------------------

step_fmt() {
  cargo fmt --all -- --check --files-with-diff
  "$venv/bin/ruff" format --config ci/ruff.toml --check ci
}

step_layout() { python3 ci/checks/layout.py; }
step_text() { python3 ci/checks/text.py; }
step_layering() { python3 ci/checks/layering.py; }

step_scripts() {
  local scripts=()
  mapfile -t scripts < <(git ls-files --cached --others --exclude-standard -- 'ci/*.sh' .ci/run)
  shellcheck "${scripts[@]}"
  "$venv/bin/ruff" check --quiet --config ci/ruff.toml ci
  "$venv/bin/python" ci/sandbox-model.py --check
}

# GitLab's schema and GitHub's are vendored by check-jsonschema; for CodeBuild's no package has one.
step_pipelines() {
  local actionlint=$tools/bin/actionlint
  if [[ "$("$actionlint" -version 2>/dev/null)" != "v$actionlint_version"$'\n'* ]]; then
    say "installing actionlint $actionlint_version into ci/.tools"
    mkdir -p "$tools" && printf '*\n' >"$tools/.gitignore"
    GOBIN=$tools/bin GOFLAGS=-modcacherw go install "github.com/rhysd/actionlint/cmd/actionlint@v$actionlint_version"
  fi
  "$actionlint" ci/github/*.yml
  "$venv/bin/check-jsonschema" --builtin-schema vendor.github-workflows ci/github/*.yml
  "$venv/bin/check-jsonschema" --builtin-schema vendor.gitlab-ci ci/gitlab/*.yml
  "$venv/bin/check-jsonschema" --schemafile ci/tests/facts/codebuild-buildspec.schema.json ci/codebuild/*.yml
}

step_deny() {
  local deny=$tools/bin/cargo-deny
  if [ "$("$deny" --version 2>/dev/null)" != "cargo-deny $cargo_deny_version" ]; then
    say "installing cargo-deny $cargo_deny_version into ci/.tools (a few minutes)"
    mkdir -p "$tools" && printf '*\n' >"$tools/.gitignore"
    env -u CARGO_TARGET_DIR cargo install cargo-deny --quiet --locked --version "$cargo_deny_version" --root "$tools" --force
  fi
  "$deny" --locked --config ci/deny.toml check --hide-inclusion-graph bans licenses sources
}

step_build() { cargo build --workspace --all-targets --locked; }
step_unit() { cargo test --workspace --locked --no-fail-fast; }

step_e2e() {
  [ -x "$NODEMINT_BIN" ] || { say "there is no $NODEMINT_BIN: run the step build first"; return 1; }
  # Files of tests share nothing but the machine, and much of their time is waiting: one more at once than there are cores.
  "$venv/bin/python" -m pytest -n "$(($(nproc) + 1))" --dist loadfile -c ci/pytest.ini --rootdir ci ci/tests
}

# Twice: what is shipped makes no call that builder/clippy.toml bans; tests may touch files.
step_clippy() {
  cargo clippy --workspace --lib --bins --locked -- -D warnings
  cargo clippy --workspace --all-targets --locked -- -D warnings -A clippy::disallowed_methods
}

# --- running them -----------------------------------------------------------------------------------------------

names() { local step; for step in "${steps[@]}"; do say "${step%%:*}"; done; }

# The processes that carry this run's mark, this shell and its own helpers left out.
processes() {
  local environ pid
  for environ in /proc/[0-9]*/environ; do
    pid=${environ#/proc/}; pid=${pid%/environ}
    if [ "$pid" = $$ ] || [ "$pid" = "$BASHPID" ]; then continue; fi
    if { tr '\0' '\n' <"$environ"; } 2>/dev/null | grep -qxF "NODEMINT_TEST_RUN=$NODEMINT_TEST_RUN"; then say "$pid"; fi
  done
}

# Ends what a step left running, and says so: a test that leaves a server behind has failed.
end_processes() {
  local pid left=0
  for pid in $(processes); do
    [ -r "/proc/$pid/cmdline" ] || continue
    say "still running: $(tr '\0' ' ' <"/proc/$pid/cmdline")"
    kill -TERM "$pid" 2>/dev/null || true
    left=1
  done
  return $left
}

results=()
first_failure=0

run_step() {
  local name=$1 began=$SECONDS code=0
  say "=== $name"
  # Not `run || code=$?`: within an || list `set -e` is off, and only the last command would count.
  set +e
  (set -e; "step_$name")
  code=$?
  set -e
  end_processes || code=${code/#0/1}
  if [ "$code" -eq 0 ]; then
    results+=("$(printf 'ok      %-9s %5ds' "$name" $((SECONDS - began)))")
  else
    results+=("$(printf 'FAILED  %-9s %5ds  exit code %d' "$name" $((SECONDS - began)) "$code")")
    [ "$first_failure" -ne 0 ] || first_failure=$code
  fi
}

main() {
  local chosen=("$@") all=() name
  mapfile -t all < <(names)
  if [ "${1-}" = --list ]; then printf '%s\n' "${steps[@]}"; return 0; fi
  [ ${#chosen[@]} -gt 0 ] || chosen=("${all[@]}")
  for name in "${chosen[@]}"; do
    [[ " ${all[*]} " == *" $name "* ]] || die "there is no step $name; the steps are: ${all[*]}"
  done
  trap 'end_processes || true' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  say '=== set-up'
  set_up
  results+=("$(printf 'ok      %-9s %5ds' set-up "$SECONDS")")
  for name in "${chosen[@]}"; do run_step "$name"; done
  say '=== summary'
  printf '%s\n' "${results[@]}"
  say "total $((SECONDS / 60)) min $((SECONDS % 60)) s"
  return "$first_failure"
}

main "$@"
