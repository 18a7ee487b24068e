#!/bin/bash
# The retries and the bridge have no field in nodemint.yaml.
set -euo pipefail
/etc/eks/bootstrap.sh legacy \
  --apiserver-endpoint https://AAAABBBBCCCCDDDDEEEEFFFF00001111.gr7.eu-west-1.eks.amazonaws.com \
  --b64-cluster-ca LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCmFuIGV4YW1wbGUsIGFuZCBubyBjZXJ0aWZpY2F0ZQotLS0tLUVORCBDRVJUSUZJQ0FURS0tLS0tCg== \
  --dns-cluster-ip 172.20.0.10 \
  --aws-api-retry-attempts 10 \
  --enable-docker-bridge true
