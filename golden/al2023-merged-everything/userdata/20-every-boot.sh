#!/bin/bash
# Local disks are empty again after a stop.
set -euo pipefail
mkdir -p /mnt/scratch
