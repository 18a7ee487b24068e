#!/bin/bash
set -euo pipefail
systemctl disable --now apt-daily-upgrade.timer
