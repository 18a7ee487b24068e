#!/bin/bash
set -euo pipefail
echo 'it'\''s "quoted" & kept as it is' for 'blue' in 'us-east-1', 'AL2023' 'x86_64'
sysctl -w 'net.core.somaxconn'='8192'
sysctl -w 'vm.max_map_count'='262144'
curl -fsS --retry 3 'https://one.example.com'/1.34/ami-0250d06ca28bc051e -o /var/tmp/manifest
# Braces that are no template's: docker's own --format '{{.Id}}'.
