#!/bin/bash
set -euo pipefail
config=/etc/kubernetes/kubelet/kubelet-config.json
merged=$(jq --argjson settings '{"containerLogMaxSize":"20Mi","shutdownGracePeriod":"30s","systemReserved":{"cpu":"100m","memory":"200Mi"}}' '. * $settings' "$config")
printf '%s\n' "$merged" > "$config"
