#!/bin/bash
set -euo pipefail
/etc/eks/bootstrap.sh 'old' \
  --b64-cluster-ca 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCmFuIGV4YW1wbGUsIGFuZCBubyBjZXJ0aWZpY2F0ZQotLS0tLUVORCBDRVJUSUZJQ0FURS0tLS0tCg==' \
  --dns-cluster-ip '169.254.20.10,172.20.0.10' \
  --use-max-pods false \
  --kubelet-extra-args '--max-pods=58 --node-labels=role=worker --register-with-taints=dedicated=old:PreferNoSchedule --eviction-hard=memory.available<5%,nodefs.available<10% --v=2' \
  --apiserver-endpoint 'https://AAAABBBBCCCCDDDDEEEEFFFF00001111.gr7.eu-west-1.eks.amazonaws.com'
