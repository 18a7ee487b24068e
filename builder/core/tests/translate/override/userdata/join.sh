#!/bin/bash
set -o errexit

# The data disk
mkfs.xfs /dev/nvme1n1
mount /dev/nvme1n1 /data

/etc/eks/bootstrap.sh legacy \
  --apiserver-endpoint "$API" \
  --b64-cluster-ca "$CA" \
  --use-max-pods false \
  --container-runtime containerd \
  --dns-cluster-ip 172.20.0.10 \
  --kubelet-extra-args '--max-pods=58 --node-labels=role=worker,team=a --register-with-taints=dedicated=a:NoSchedule --v=4'

kubectl annotate node "$(hostname)" owner=a
