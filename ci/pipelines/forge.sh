# shellcheck shell=bash
# shellcheck disable=SC2154  # $out and $marker are lib.sh's
# GitHub and GitLab by their REST APIs: one comment that is updated, a branch, a request. lib.sh sources it.
#
# Tokens go to curl and git by files and the environment, never by arguments, which everybody on the machine can see.

# Sets `forge` and `repository`. Not by a subshell, whose `die` would end nothing but itself.
find_forge() {
  if [ -n "${NODEMINT_FORGE-}" ]; then
    forge=$NODEMINT_FORGE
  elif [ "${GITHUB_ACTIONS-}" = true ]; then
    forge=github
  elif [ "${GITLAB_CI-}" = true ]; then
    forge=gitlab
  else
    die 'neither GitHub nor GitLab: set NODEMINT_FORGE to one of them, and NODEMINT_REPOSITORY to owner/name (CodeCommit is not supported)'
  fi
  repository=${NODEMINT_REPOSITORY:-${GITHUB_REPOSITORY:-${CI_PROJECT_PATH-}}}
  [ -n "$repository" ] || die 'set NODEMINT_REPOSITORY to owner/name'
  [ -n "${NODEMINT_TOKEN-}" ] || die 'set NODEMINT_TOKEN: it comments, pushes branches and opens requests'
  case $forge in
    github)
      api_url=${GITHUB_API_URL:-https://api.github.com}
      api_header="Authorization: Bearer $NODEMINT_TOKEN"
      project=/repos/$repository
      ;;
    gitlab)
      api_url=${CI_API_V4_URL:-https://gitlab.com/api/v4}
      api_header="PRIVATE-TOKEN: $NODEMINT_TOKEN"
      project=/projects/$(escaped "$repository")
      ;;
    *) die "NODEMINT_FORGE is $forge, which is neither github nor gitlab" ;;
  esac
}

# For a URL.
escaped() { jq -rn --arg text "$1" '$text | @uri'; }

# The number of the pull or merge request that runs this; nothing if none does.
request_number() {
  local number=${NODEMINT_REQUEST:-${CI_MERGE_REQUEST_IID-}}
  [ -n "$number" ] || case "${GITHUB_REF-}" in refs/pull/*/merge) number=${GITHUB_REF#refs/pull/} number=${number%/merge} ;; esac
  [ -n "$number" ] || case "${CODEBUILD_WEBHOOK_TRIGGER-}" in pr/*) number=${CODEBUILD_WEBHOOK_TRIGGER#pr/} ;; esac
  printf '%s' "$number"
}

# api METHOD PATH [JSON-FILE]: the answer's body.
api() {
  local data=()
  [ $# -lt 3 ] || data=(--header 'Content-Type: application/json' --data-binary "@$3")
  curl --silent --show-error --fail-with-body --retry 3 --max-time 60 --request "$1" --config - \
    "${data[@]}" "$api_url$project$2" <<<"header = \"$api_header\""
}

# comment FILE: the one comment of the plan, made or updated.
comment() {
  local number limit list one change found payload=$out/comment.json
  number=$(request_number)
  if [ -z "$number" ]; then
    say 'no request runs this: no comment'
    return 0
  fi
  find_forge
  case $forge in
    # "body is too long (maximum is 65536 characters)"
    github) limit=65536 list=/issues/$number/comments one=/issues/comments change=PATCH ;;
    # GitLab's limit of a note is a million characters
    gitlab) limit=1000000 list=/merge_requests/$number/notes one=/merge_requests/$number/notes change=PUT ;;
  esac
  cut_markdown "$1" "$limit" characters | jq --raw-input --slurp '{body: .}' >"$payload"
  found=$(find_comment "$list")
  if [ -n "$found" ]; then
    api "$change" "$one/$found" "$payload" >/dev/null
  else
    api POST "$list" "$payload" >/dev/null
  fi
}

# The id of the comment that begins with the marker, looked for on every page.
find_comment() {
  local page=1 answer found
  while :; do
    answer=$(api GET "$1?per_page=100&page=$page")
    found=$(jq -r --arg marker "$marker" 'map(select(.body // "" | startswith($marker))) | first | .id // empty' <<<"$answer")
    if [ -n "$found" ] || [ "$(jq length <<<"$answer")" -lt 100 ]; then
      printf '%s' "$found"
      return 0
    fi
    page=$((page + 1))
  done
}

# The branch is nodemint's own: what an earlier run left there is replaced, and what somebody pushes at the same time
# is not.
push_branch() {
  local remote=origin branch=$1 expected
  if [ "$forge" = gitlab ] && [ -n "${CI_SERVER_URL-}" ]; then
    # The job's own token, which is in the address of `origin`, may not push unless the project says so.
    remote=$CI_SERVER_URL/$repository.git
    GIT_CONFIG_VALUE_0="Authorization: Basic $(printf 'oauth2:%s' "$NODEMINT_TOKEN" | base64 -w0)"
    export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="http.$CI_SERVER_URL/.extraHeader" GIT_CONFIG_VALUE_0
  fi
  expected=$(git ls-remote "$remote" "refs/heads/$branch" | cut -f1)
  git push --quiet --force-with-lease="refs/heads/$branch:$expected" "$remote" "HEAD:refs/heads/$branch"
}

# open_request BRANCH TITLE BODY-FILE: or updates the one that is open.
open_request() {
  local base list found change payload=$out/request.json
  base=${NODEMINT_BASE:-${GITHUB_REF_NAME:-${CI_DEFAULT_BRANCH:-main}}}
  jq -n --arg branch "$1" --arg title "$2" --rawfile body "$3" --arg base "$base" --arg forge "$forge" '
    if $forge == "github" then {title: $title, head: $branch, base: $base, body: $body}
    else {title: $title, source_branch: $branch, target_branch: $base, description: $body, remove_source_branch: true} end
  ' >"$payload"
  case $forge in
    github) list=/pulls found="state=open&head=${repository%%/*}:$(escaped "$1")" change=PATCH ;;
    gitlab) list=/merge_requests found="state=opened&source_branch=$(escaped "$1")" change=PUT ;;
  esac
  found=$(api GET "$list?$found" | jq -r 'first | .number // .iid // empty')
  if [ -n "$found" ]; then
    jq 'del(.head, .base, .source_branch, .target_branch)' "$payload" >"$payload.new"
    mv "$payload.new" "$payload"
    api "$change" "$list/$found" "$payload" | jq -r '"updated: \(.html_url // .web_url)"'
  else
    api POST "$list" "$payload" | jq -r '"opened: \(.html_url // .web_url)"'
  fi
}
