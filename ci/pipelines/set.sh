#!/usr/bin/env bash
# Started by a person: edits the spec, and opens a request for it: set.sh GROUP|TEMPLATE KEY=VALUE…
#
#     ci/pipelines/set.sh mng-1 instanceType=m5.2xlarge
# shellcheck source=ci/pipelines/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ $# -ge 2 ] || die 'usage: set.sh GROUP|TEMPLATE KEY=VALUE…'
enter

name=$1
nodemint set --yes -- "$@" | tee "$out/set.txt"
render_again
{ printf '```text\n'; cat "$out/set.txt"; printf '```\n'; } >"$out/request.md"
# A branch a change, so that two of them wait side by side.
slug=$(printf '%s' "$*" | tr -c 'A-Za-z0-9.-' - | tr -s .)
propose "nodemint/set-${slug:0:80}" "Set ${*:2} on $name" "$out/request.md" .
