#!/bin/bash
set -euo pipefail
mkdir -p '/etc/containerd/certs.d/docker.io'
cat > '/etc/containerd/certs.d/docker.io/hosts.toml' <<'TOML'
[host."https://mirror.example.com"]
capabilities = ["pull", "resolve"]
[host."https://harbor.example.com/v2/docker-hub"]
capabilities = ["pull", "resolve"]
override_path = true
TOML
mkdir -p '/etc/containerd/certs.d/_default'
cat > '/etc/containerd/certs.d/_default/hosts.toml' <<'TOML'
[host."http://10.0.0.5:5000"]
capabilities = ["pull", "resolve"]
TOML
