#!/bin/bash
set -euo pipefail
config=/etc/kubernetes/kubelet/kubelet-config.json
merged=$(jq --argjson settings '{"containerLogMaxFiles":3,"imageGCHighThresholdPercent":80}' '. * $settings' "$config")
printf '%s\n' "$merged" > "$config"
