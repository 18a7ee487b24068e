#!/bin/bash
echo "größer"
