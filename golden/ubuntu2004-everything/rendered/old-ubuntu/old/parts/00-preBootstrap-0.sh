#!/bin/bash
# preBootstrap[0]
set -euo pipefail
trap 'case $? in 0) ;; *) echo "nodemint: preBootstrap[0] failed with exit status $?" >&2 ;; esac' EXIT
echo "fs.inotify.max_user_watches = 524288" > /etc/sysctl.d/90-inotify.conf
sysctl --load /etc/sysctl.d/90-inotify.conf
