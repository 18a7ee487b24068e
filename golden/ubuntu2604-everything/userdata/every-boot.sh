#!/bin/bash
set -euo pipefail
echo never > /sys/kernel/mm/transparent_hugepage/enabled
