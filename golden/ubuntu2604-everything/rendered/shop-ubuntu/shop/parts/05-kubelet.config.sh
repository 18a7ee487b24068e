#!/bin/bash
set -euo pipefail
config=/etc/kubernetes/kubelet/kubelet-config.json
merged=$(jq --argjson settings '{"containerLogMaxSize":"20Mi","serializeImagePulls":false}' '. * $settings' "$config")
printf '%s\n' "$merged" > "$config"
