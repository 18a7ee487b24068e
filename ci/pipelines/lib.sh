# shellcheck shell=bash
# shellcheck disable=SC2016,SC2034  # backticks are Markdown; what is unused here is used by those that source it
# What the pipelines' scripts share. Source it first. Needs bash, git, curl and jq, and openssl for NODEMINT_PLAN_KEY.
#
#   NODEMINT_DIR       the folder of nodemint.yaml in the repository (.)
#   NODEMINT_RENDERED  the folder of rendered files, if they are committed (rendered)
#   NODEMINT_BASE      the branch that requests are for (the one that the pipeline runs on)
#   NODEMINT_TOKEN     may comment, push branches and open requests
#   NODEMINT_PLAN_KEY  saved plans are encrypted with it, if it is set
#   NODEMINT_FORGE, NODEMINT_REPOSITORY   on CodeBuild: github or gitlab, and owner/name
set -euo pipefail
shopt -s inherit_errexit
# A job that is cancelled ends, and does not follow what it has just been told to leave.
trap 'exit 130' INT
trap 'exit 143' TERM

root=$(git rev-parse --show-toplevel 2>/dev/null || pwd)
# Not a hidden folder: GitHub leaves those out of artifacts.
out=$root/nodemint-out
mkdir -p "$out"
printf '*\n' >"$out/.gitignore"
export PATH=$out/bin:$PATH

rendered=${NODEMINT_RENDERED:-rendered}
saved_plan=$out/plan.json
# A comment begins with this line, and is found again by it: one comment a fleet.
marker="<!-- nodemint plan of ${NODEMINT_DIR:-.} -->"

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

# A line that the pipeline's own page shows, beside the log.
notice() {
  if [ "${GITHUB_ACTIONS-}" = true ]; then printf '::notice title=nodemint::%s\n' "$*"; else say "$*"; fi
}
failure() {
  if [ "${GITHUB_ACTIONS-}" = true ]; then printf '::error title=nodemint::%s\n' "$*"; else say "error: $*"; fi
}

enter() { cd "$root/${NODEMINT_DIR:-.}"; }

# Rendered files that are committed are what reviewers read, so they have to be those of the spec.
check_files() {
  nodemint validate
  [ -d "$rendered" ] || return 0
  local code=0
  nodemint render --check --out "$rendered" || code=$?
  [ "$code" -ne 2 ] || failure "$rendered is not what the spec renders to: run \`nodemint render --out $rendered\`, and commit it"
  return "$code"
}

render_again() { [ ! -d "$rendered" ] || nodemint render --out "$rendered"; }

# cut_markdown FILE LIMIT bytes|characters: the file, or as many of its lines as fit, with code blocks and folds closed.
cut_markdown() {
  LC_ALL=C awk -v limit="$2" -v unit="$3" '
    # In the C locale a byte is a character: those that go on with one of UTF-8 are not counted.
    function size(line) { if (unit == "characters") gsub(/[\200-\277]/, "", line); return length(line) + 1 }
    BEGIN { note = "\n\n**The rest was cut off here: it is in the log.**\n"; room = limit - length(note) - 64 }
    { total += size($0); lines[NR] = $0 }
    END {
      whole = total <= limit
      for (i = 1; i <= NR; i++) {
        if (!whole && used + size(lines[i]) + 12 * folds > room) break
        print lines[i]
        used += size(lines[i])
        if (lines[i] ~ /^ *```/) fence = !fence
        if (!fence) { folds += gsub(/<details/, "&", lines[i]); folds -= gsub(/<\/details>/, "&", lines[i]) }
      }
      if (whole) exit
      if (fence) print "```"
      while (folds-- > 0) print "\n</details>"
      printf "%s", note
    }' "$1"
}

# The page of a run, where the pipeline has one: GitHub takes 1 MiB a step.
summarise() {
  if [ -n "${GITHUB_STEP_SUMMARY-}" ]; then
    cut_markdown "$1" 1000000 bytes >>"$GITHUB_STEP_SUMMARY"
  else
    cat "$1"
  fi
}

# `plan` into a file of Markdown; gives its exit code. What is shown is also told where it went wrong, so that no
# comment of an older plan is left standing.
show_plan() {
  local file=$1 code=0
  shift
  nodemint plan --output markdown --detailed-exitcode "$@" >"$file.body" || code=$?
  [ -s "$file.body" ] || printf '### nodemint: there is no plan\n\nIt failed with exit code %s; the log says why.\n' "$code" >"$file.body"
  { grep -qxF "$marker" "$file.body" || printf '%s\n' "$marker"; cat "$file.body"; } >"$file"
  rm "$file.body"
  return "$code"
}

# What an exit code of plan or apply means for who reads the pipeline's page.
explain_code() {
  case $1 in
    3) failure 'stale, or another update is under way: wait for that update if the log names one, then run the whole pipeline again, so that it plans anew' ;;
    4) failure 'a check blocks: the plan says which' ;;
    5) failure 'an update failed, and the group is back where it was' ;;
    6) failure 'an update failed, and the group may run nodes of both versions: look at `nodemint status`, then roll back or apply again' ;;
    7) failure 'still running in AWS: run this job again, and it follows the update' ;;
    *) failure "exit code $1: the log says why" ;;
  esac
}

# follow COMMAND…: again as long as it says that something is still running in AWS (exit code 7).
follow() {
  local code tries=${NODEMINT_TRIES:-5}
  while :; do
    code=0
    "$@" || code=$?
    tries=$((tries - 1))
    if [ "$code" -ne 7 ] || [ "$tries" -le 0 ]; then return "$code"; fi
    say 'still running: following it'
  done
}

# propose BRANCH TITLE BODY-FILE PATH…: commits the paths to a branch, and opens a request for it or updates the one
# that there is. Nothing changed: nothing is done.
propose() {
  local branch=$1 title=$2 body=$3
  shift 3
  git add --all -- "$@"
  if git diff --cached --quiet; then
    notice 'nothing has changed'
    return 0
  fi
  find_forge
  local name=${NODEMINT_GIT_NAME:-nodemint} email=${NODEMINT_GIT_EMAIL:-nodemint@users.noreply.invalid}
  git switch --quiet --force-create "$branch"
  git -c user.name="$name" -c user.email="$email" commit --quiet --message "$title"
  push_branch "$branch"
  open_request "$branch" "$title" "$body"
}

# shellcheck source=ci/pipelines/forge.sh
. "$(dirname "${BASH_SOURCE[0]}")/forge.sh"
