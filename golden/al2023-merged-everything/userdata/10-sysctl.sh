#!/bin/bash
set -euo pipefail
echo "vm.max_map_count = 262144" > /etc/sysctl.d/90-maps.conf
sysctl --load /etc/sysctl.d/90-maps.conf
