#!/bin/bash
set -euo pipefail
/etc/eks/bootstrap.sh 'graviton' \
  --b64-cluster-ca 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCmFuIGV4YW1wbGUsIGFuZCBubyBjZXJ0aWZpY2F0ZQotLS0tLUVORCBDRVJUSUZJQ0FURS0tLS0tCg==' \
  --dns-cluster-ip '172.20.0.10' \
  --apiserver-endpoint 'https://AAAABBBBCCCCDDDDEEEEFFFF00001111.gr7.us-east-1.eks.amazonaws.com'
