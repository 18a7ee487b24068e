#!/usr/bin/env bash
# After the merge: plans, shows the plan on the run's page, and saves it for apply.sh, which another job runs with
# other credentials. The saved plan holds user data: keep it for a day, and set NODEMINT_PLAN_KEY where people may read
# the pipeline's artifacts who may not read the launch templates.
# shellcheck source=ci/pipelines/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
enter

check_files
code=0
show_plan "$out/plan.md" --out "$saved_plan" || code=$?
summarise "$out/plan.md"
case $code in
  0) changes=false ;;
  2) changes=true ;;
  *) explain_code "$code"; exit "$code" ;;
esac
if [ -n "${NODEMINT_PLAN_KEY-}" ]; then
  openssl enc -aes-256-cbc -pbkdf2 -iter 200000 -salt -pass env:NODEMINT_PLAN_KEY -in "$saved_plan" -out "$saved_plan.enc"
  rm "$saved_plan"
fi
[ -z "${GITHUB_OUTPUT-}" ] || printf 'changes=%s\n' "$changes" >>"$GITHUB_OUTPUT"
