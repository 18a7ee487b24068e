# bootstrap
& "$env:ProgramFiles\Amazon\EKS\Start-EKSBootstrap.ps1" `
  -EKSClusterName 'vault' `
  -APIServerEndpoint 'https://0A1B2C3D4E5F60718293A4B5C6D7E8F9.yl4.eu-central-1.eks.amazonaws.com' `
  -Base64ClusterCA 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCmFuIGV4YW1wbGUsIGFuZCBubyBjZXJ0aWZpY2F0ZQotLS0tLUVORCBDRVJUSUZJQ0FURS0tLS0tCg==' `
  -DNSClusterIP '192.168.200.10' `
  -ServiceCIDR '192.168.200.0/24' `
  3>&1 4>&1 5>&1 6>&1
