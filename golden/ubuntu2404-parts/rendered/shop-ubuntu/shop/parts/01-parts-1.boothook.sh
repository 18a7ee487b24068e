#!/bin/sh
echo "early, and at every boot"
