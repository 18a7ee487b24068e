#!/bin/bash
set -euo pipefail
echo 'it'\''s "quoted" & kept as it is' for 'green' in 'eu-west-1', 'AL2023' 'x86_64'
sysctl -w 'net.core.somaxconn'='8192'
sysctl -w 'vm.max_map_count'='262144'
curl -fsS --retry 3 'https://one.example.com'/1.34/ami-011bd6c6e0d169e97 -o /var/tmp/manifest
# Braces that are no template's: docker's own --format '{{.Id}}'.
