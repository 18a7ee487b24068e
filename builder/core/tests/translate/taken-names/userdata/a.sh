#!/bin/bash
echo a
systemctl enable docker
