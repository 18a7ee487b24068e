#!/bin/bash
mkdir -p /data
