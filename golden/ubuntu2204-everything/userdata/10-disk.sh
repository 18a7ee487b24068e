#!/bin/bash
# The second volume, by the name that Nitro gives it.
set -euo pipefail
disk=/dev/nvme1n1
[ -b "$disk" ] || exit 0
blkid "$disk" || mkfs.ext4 -q "$disk"
mkdir -p /var/lib/data
mount "$disk" /var/lib/data
