#!/bin/bash
yum install -y jq
