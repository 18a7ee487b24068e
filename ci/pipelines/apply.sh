#!/usr/bin/env bash
# Applies the plan that save-plan.sh saved: apply.sh [FILE]. A plan that is stale by now is refused with exit code 3;
# a run that was cut short is gone on with by running the job again.
# shellcheck source=ci/pipelines/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
plan=$(realpath "${1:-$saved_plan}" 2>/dev/null || printf '%s' "${1:-$saved_plan}")
enter

if [ -f "$plan.enc" ]; then
  : "${NODEMINT_PLAN_KEY:?the plan is encrypted}"
  (umask 077 && openssl enc -d -aes-256-cbc -pbkdf2 -iter 200000 -pass env:NODEMINT_PLAN_KEY -in "$plan.enc" -out "$out/opened.json")
  plan=$out/opened.json
fi
[ -f "$plan" ] || die "there is no plan at $plan: was the artifact of the job that plans kept?"

code=0
follow nodemint apply "$plan" --yes || code=$?
if [ "$code" -ne 0 ]; then
  explain_code "$code"
  exit "$code"
fi
notice 'applied'
