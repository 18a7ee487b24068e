#!/bin/bash
sysctl -w vm.swappiness=1
/etc/eks/bootstrap.sh legacy --enable-docker-bridge true
