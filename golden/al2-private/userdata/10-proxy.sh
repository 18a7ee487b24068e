#!/bin/bash
# There is no way out but the proxy; what has an endpoint in the VPC goes past it.
set -euo pipefail
mkdir -p /etc/systemd/system/containerd.service.d
cat > /etc/systemd/system/containerd.service.d/proxy.conf <<'EOF'
[Service]
Environment=HTTPS_PROXY=http://proxy.internal:3128
Environment=NO_PROXY=.eks.amazonaws.com,.dkr.ecr.eu-central-1.amazonaws.com,169.254.169.254,10.0.0.0/8
EOF
systemctl daemon-reload
