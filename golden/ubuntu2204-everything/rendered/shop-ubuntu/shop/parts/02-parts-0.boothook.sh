#!/bin/sh
# A boothook is run by its own first line.
echo never > /sys/kernel/mm/transparent_hugepage/enabled
