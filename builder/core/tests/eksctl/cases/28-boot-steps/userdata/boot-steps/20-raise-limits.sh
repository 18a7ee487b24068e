#!/bin/bash
# Raise limits
echo 'vm.max_map_count=262144' >/etc/sysctl.d/90-search.conf
sysctl --system
