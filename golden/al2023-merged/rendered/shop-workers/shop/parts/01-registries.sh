#!/bin/bash
set -euo pipefail
mkdir -p '/etc/containerd/certs.d/docker.io'
cat > '/etc/containerd/certs.d/docker.io/hosts.toml' <<'TOML'
[host."https://mirror.example.com"]
capabilities = ["pull", "resolve"]
TOML
