#!/usr/bin/env bash
# For a pull or merge request: checks the files, plans, and shows the plan as the request's comment. The plan itself is
# thrown away: what is applied is planned again after the merge (save-plan.sh).
# shellcheck source=ci/pipelines/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
enter

check_files
code=0
show_plan "$out/plan.md" || code=$?
summarise "$out/plan.md"
comment "$out/plan.md"
case $code in
  0 | 2) ;;
  *) explain_code "$code"; exit "$code" ;;
esac
