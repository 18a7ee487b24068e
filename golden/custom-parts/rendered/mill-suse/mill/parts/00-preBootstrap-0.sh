#!/bin/bash
# preBootstrap[0]
set -euo pipefail
trap 'case $? in 0) ;; *) echo "nodemint: preBootstrap[0] failed with exit status $?" >&2 ;; esac' EXIT
sysctl -w vm.max_map_count=262144
