#!/usr/bin/env bash
set -euo pipefail
echo 'proxy=http://proxy.internal:3128' >> /etc/yum.conf
