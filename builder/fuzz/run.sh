#!/usr/bin/env bash
# Runs a fuzz target for some seconds, from a corpus that begins with what the golden cases render.
#
#     builder/fuzz/run.sh user_data 600
#
# Needs a nightly compiler and cargo-fuzz: rustup toolchain install nightly; cargo install cargo-fuzz
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
target=${1:?a target: $(cd "$root/builder/fuzz/fuzz_targets" && echo *.rs)}
seconds=${2:-600}
corpus=$root/builder/fuzz/corpus/$target

# The seeds of a target: files of the golden cases, each under a name of its own.
seeds() {
  case $target in
    user_data) find "$root/golden" -path '*/rendered/*' -name 'user-data.*' ;;
    node_config) find "$root/golden" -path '*/rendered/*' -name '*.nodeconfig.yaml' ;;
    import_eksctl) find "$root/builder/core/tests/eksctl" -name '*.yaml' ;;
    *) printf 'run.sh: no target %s\n' "$target" >&2; exit 1 ;;
  esac
}

mkdir -p "$corpus"
while IFS= read -r seed; do
  cp "$seed" "$corpus/$(sha256sum "$seed" | cut -c1-16)"
done < <(seeds)
cd "$root"
exec cargo +nightly fuzz run --fuzz-dir builder/fuzz "$target" -- -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=30 -max_len=65536 -print_final_stats=1
