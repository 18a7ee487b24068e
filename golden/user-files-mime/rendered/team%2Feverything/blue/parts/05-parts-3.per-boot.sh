#!/bin/bash
logger "boot of an existing node"
