#!/bin/bash
set -euo pipefail
setup-local-disks 'raid0'
