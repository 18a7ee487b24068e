#!/bin/bash
if [ -e /dev/nvme1n1 ]; then
  /etc/eks/bootstrap.sh legacy --local-disks raid0
else
  /etc/eks/bootstrap.sh legacy
fi
