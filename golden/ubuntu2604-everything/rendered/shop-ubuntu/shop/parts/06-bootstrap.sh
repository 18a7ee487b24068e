#!/bin/bash
set -euo pipefail
/etc/eks/bootstrap.sh 'shop' \
  --b64-cluster-ca 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCmFuIGV4YW1wbGUsIGFuZCBubyBjZXJ0aWZpY2F0ZQotLS0tLUVORCBDRVJUSUZJQ0FURS0tLS0tCg==' \
  --dns-cluster-ip '169.254.20.10' \
  --use-max-pods false \
  --kubelet-extra-args '--max-pods=110 --node-labels=example.com/zone=blue,role=worker --register-with-taints=dedicated=blue:NoSchedule,warming-up:NoExecute --system-reserved=cpu=100m,memory=200Mi --v=2' \
  --apiserver-endpoint 'https://AAAABBBBCCCCDDDDEEEEFFFF00001111.gr7.us-east-1.eks.amazonaws.com'
