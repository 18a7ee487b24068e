# bootstrap
& "$env:ProgramFiles\Amazon\EKS\Start-EKSBootstrap.ps1" `
  -EKSClusterName 'shop' `
  -APIServerEndpoint 'https://AAAABBBBCCCCDDDDEEEEFFFF00001111.gr7.eu-west-1.eks.amazonaws.com' `
  -Base64ClusterCA 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCmFuIGV4YW1wbGUsIGFuZCBubyBjZXJ0aWZpY2F0ZQotLS0tLUVORCBDRVJUSUZJQ0FURS0tLS0tCg==' `
  -DNSClusterIP '10.4.0.10' `
  -ServiceCIDR '10.4.0.0/18' `
  -KubeletExtraArgs '--max-pods=58 --node-labels=role=worker,team=payments --register-with-taints=os=windows:NoSchedule --eviction-hard=memory.available<5% --v=2' `
  3>&1 4>&1 5>&1 6>&1
