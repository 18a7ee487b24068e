#!/bin/bash
set -o errexit

# The data disk
mkfs.xfs /dev/nvme1n1
mount /dev/nvme1n1 /data
