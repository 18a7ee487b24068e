#!/bin/bash
set -euo pipefail
config=/etc/kubernetes/kubelet/kubelet-config.json
merged=$(jq --argjson settings '{"podPidsLimit":4096,"shutdownGracePeriod":"30s"}' '. * $settings' "$config")
printf '%s\n' "$merged" > "$config"
