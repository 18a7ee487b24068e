#!/bin/bash
# eksctl's kubeletExtraConfig, over the image's own configuration of the kubelet.
set -o errexit
file=/etc/kubernetes/kubelet/kubelet-config.json
cat >/tmp/kubelet-extra-config.json <<'EKSCTL_KUBELET'
{
  "imageGCHighThresholdPercent": 70
}
EKSCTL_KUBELET
jq -s '.[0] * .[1]' "$file" /tmp/kubelet-extra-config.json >"$file.new"
mv "$file.new" "$file"
rm /tmp/kubelet-extra-config.json
