#!/bin/bash
echo "once an instance"
