#!/bin/bash
# preBootstrap[0]
set -euo pipefail
trap 'case $? in 0) ;; *) echo "nodemint: preBootstrap[0] failed with exit status $?" >&2 ;; esac' EXIT
snap set system refresh.hold=forever
