#!/usr/bin/env bash
# shellcheck disable=SC2016  # backticks are Markdown
# Started by a person: takes node groups back to an older version now, and opens a request for the pins in the spec,
# without which the next apply rolls them forward again: rollback.sh GROUPS [VERSION|previous] [CLUSTER]
#
#     ci/pipelines/rollback.sh mng-1 7
#     ci/pipelines/rollback.sh 'blue/mng-1 green/mng-1'
#     ci/pipelines/rollback.sh 'cluster=prod-*,label:team=payments'       a selector
# shellcheck source=ci/pipelines/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ -n "${1-}" ] || die 'usage: rollback.sh GROUPS [VERSION|previous] [CLUSTER]'
enter

to=${2:-previous} cluster=${3-}
words=() groups=() more=()
read -ra words <<<"$1"
for word in "${words[@]}"; do
  case $word in
    *=*) more+=(--selector "$word") ;;
    *) groups+=("$word") ;;
  esac
done
[ -z "$cluster" ] || more+=(--cluster "$cluster")

code=0
# `previous` means another version once a group is on its way: that must not be said twice.
if [ "$to" = previous ]; then NODEMINT_TRIES=1; fi
follow nodemint rollback --to "$to" --write --yes "${more[@]}" -- "${groups[@]}" || code=$?

# The pins are written before anything moves, so they are proposed however it ended.
if ! git diff --quiet -- nodemint.yaml; then
  {
    printf '`nodemint rollback` was run on `%s`, to `%s`. Until these pins are merged, the next apply rolls forward again.\n\n' "$1" "$to"
    [ "$code" -eq 0 ] || printf '**It ended with exit code %s: look at `nodemint status` before you merge this.**\n\n' "$code"
    printf '```diff\n'
    git diff --unified=0 -- nodemint.yaml | sed -n '/^[-+] /p'
    printf '```\n'
  } >"$out/request.md"
  slug=$(printf '%s' "$1" | tr -c 'A-Za-z0-9.-' - | tr -s .)
  propose "nodemint/rollback-${slug:0:80}" "Pin $1 after a rollback to $to" "$out/request.md" nodemint.yaml
fi

if [ "$code" -eq 7 ] && [ "$to" = previous ]; then
  failure 'still running in AWS: `nodemint status` shows when it is done; start this again only with the number of the version'
  exit "$code"
elif [ "$code" -ne 0 ]; then
  explain_code "$code"
  exit "$code"
fi
