#!/usr/bin/env bash
# Puts nodemint on the PATH of the other scripts, unless the machine or the image has it already.
#
#   NODEMINT_URL     where your build of nodemint is: the binary, or a .tar.gz with it
#   NODEMINT_SHA256  its SHA-256, without which nothing is run
# shellcheck source=ci/pipelines/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if ! command -v nodemint >/dev/null; then
  : "${NODEMINT_URL:?nodemint is not on the PATH: set this, or use an image that has it}"
  : "${NODEMINT_SHA256:?what is downloaded is run with AWS credentials, so its checksum must be known}"
  mkdir -p "$out/bin"
  curl --silent --show-error --fail --location --retry 3 --max-time 300 --output "$out/download" "$NODEMINT_URL"
  printf '%s  %s\n' "$NODEMINT_SHA256" "$out/download" | sha256sum --check --quiet
  case $NODEMINT_URL in
    *.tar.gz) tar --extract --gzip --file "$out/download" --directory "$out/bin" nodemint && rm "$out/download" ;;
    *) mv "$out/download" "$out/bin/nodemint" ;;
  esac
  chmod 755 "$out/bin/nodemint"
fi
nodemint --version
