#!/bin/bash
set -ex
/etc/eks/bootstrap.sh legacy --local-disks raid0
