#!/bin/bash
# preBootstrap[3]
set -euo pipefail
trap 'case $? in 0) ;; *) echo "nodemint: preBootstrap[3] failed with exit status $?" >&2 ;; esac' EXIT
echo "größer 🦀"
