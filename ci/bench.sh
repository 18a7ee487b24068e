#!/usr/bin/env bash
# Figures, side by side in one run: start-up, render and plan next to the aws CLI doing the same reads, and the
# peak memory of plan; a plan of a thousand node groups next to a boto3 script that reads the same (some five minutes,
# which are the script's); and how many user-data documents a second are rendered. Prints tables, asserts nothing.
# Needs ci/.venv, which ci/test.sh makes.
#
#     ci/bench.sh [ROUNDS]       default: 15
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
python=$root/ci/.venv/bin/python
[ -x "$python" ] || { echo 'ci/bench.sh: there is no ci/.venv; run ci/test.sh fmt, which makes it' >&2; exit 1; }
if [ -z "${NODEMINT_BIN-}" ]; then
  cargo build --release --locked
  NODEMINT_BIN=${CARGO_TARGET_DIR:-$root/target}/release/nodemint
fi
# Beside the binary that is measured; the dev profile's folder is `debug`.
profile=$(basename "$(dirname "$NODEMINT_BIN")")
cargo build --locked --profile "${profile/debug/dev}" --target-dir "$(dirname "$(dirname "$NODEMINT_BIN")")" \
  -p nodemint-core --example render_speed
export NODEMINT_BIN
exec "$python" ci/bench.py "$@"
