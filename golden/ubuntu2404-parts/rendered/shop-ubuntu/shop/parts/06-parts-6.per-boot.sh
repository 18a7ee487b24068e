#!/bin/bash
echo "at every boot"
