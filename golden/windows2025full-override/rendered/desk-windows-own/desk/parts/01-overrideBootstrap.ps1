# overrideBootstrap
[string]$script = "$env:ProgramFiles\Amazon\EKS\Start-EKSBootstrap.ps1"
try {
    & $script -EKSClusterName 'desk' `
        -APIServerEndpoint 'https://AAAABBBBCCCCDDDDEEEEFFFF00001111.gr7.us-east-1.eks.amazonaws.com' `
        -Base64ClusterCA 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCmFuIGV4YW1wbGUsIGFuZCBubyBjZXJ0aWZpY2F0ZQotLS0tLUVORCBDRVJUSUZJQ0FURS0tLS0tCg==' `
        -DNSClusterIP '172.20.0.10' `
        -ServiceCIDR '172.20.0.0/16' 3>&1 4>&1 5>&1 6>&1
} catch {
    Write-Host "the bootstrap failed: $_"
    throw
}
