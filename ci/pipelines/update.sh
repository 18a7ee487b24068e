#!/usr/bin/env bash
# shellcheck disable=SC2016  # backticks are Markdown
# On a schedule: moves the lock to the newest images, and opens a request for it. Its plan says what would roll.
# shellcheck source=ci/pipelines/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
enter

{
  printf 'The newest images that the spec allows, by `nodemint resolve --update`. Before it:\n\n```text\n'
  nodemint outdated
  printf '```\n\nThe comment with the plan says which nodes would be replaced. What was reviewed is what is in the lock; merging applies it.\n'
} >"$out/request.md"
nodemint resolve --update
render_again
paths=(nodemint.lock)
[ ! -d "$rendered" ] || paths+=("$rendered")
propose nodemint/update 'Update the images of node groups' "$out/request.md" "${paths[@]}"
