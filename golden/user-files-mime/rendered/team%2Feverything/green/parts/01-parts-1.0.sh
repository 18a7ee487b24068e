#!/bin/bash
echo "written by another tool"
