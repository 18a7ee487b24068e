#!/bin/bash
# preBootstrap[0]
set -euo pipefail
trap 'case $? in 0) ;; *) echo "nodemint: preBootstrap[0] failed with exit status $?" >&2 ;; esac' EXIT
echo "vm.nr_hugepages = 512" > /etc/sysctl.d/90-hugepages.conf
sysctl --load /etc/sysctl.d/90-hugepages.conf
