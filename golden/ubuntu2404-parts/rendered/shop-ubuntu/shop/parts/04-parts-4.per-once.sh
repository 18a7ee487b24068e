#!/bin/bash
echo "once in the life of the disk"
