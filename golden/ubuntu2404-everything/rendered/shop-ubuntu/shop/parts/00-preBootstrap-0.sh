#!/bin/bash
set -eu
echo "vm.max_map_count = 262144" > /etc/sysctl.d/90-maps.conf
sysctl --system
