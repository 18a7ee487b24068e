#!/bin/sh
echo "runs at every boot, early"
