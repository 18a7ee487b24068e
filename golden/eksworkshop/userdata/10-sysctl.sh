#!/bin/bash
# Log collectors and file watchers need more inotify instances than the kernel gives by default.
set -euo pipefail

cat > /etc/sysctl.d/90-inotify.conf <<'EOF'
fs.inotify.max_user_instances = 8192
fs.inotify.max_user_watches = 524288
EOF
sysctl --load /etc/sysctl.d/90-inotify.conf
