#!/bin/bash
set -euo pipefail
# The agent's settings, a file each: much the same text again and again, which gzip is good at.
for check in disk memory network dns registry; do
  install -d -m 0755 "/etc/example/agent/$check"
  cat > "/etc/example/agent/$check/config.yaml" <<SETTINGS
check: $check
interval: 30s
timeout: 5s
SETTINGS
done
