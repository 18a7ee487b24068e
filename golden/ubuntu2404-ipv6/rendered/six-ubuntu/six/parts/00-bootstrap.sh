#!/bin/bash
set -euo pipefail
/etc/eks/bootstrap.sh 'six' \
  --b64-cluster-ca 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCmFuIGV4YW1wbGUsIGFuZCBubyBjZXJ0aWZpY2F0ZQotLS0tLUVORCBDRVJUSUZJQ0FURS0tLS0tCg==' \
  --ip-family ipv6 \
  --service-ipv6-cidr 'fd12:3456:789a::/108' \
  --apiserver-endpoint 'https://AAAABBBBCCCCDDDDEEEEFFFF00001111.gr7.us-east-1.eks.amazonaws.com'
