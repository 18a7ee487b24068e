# preBootstrap[0]
# There is no way out but the proxy; what has an endpoint in the VPC goes past it.
$past = '.eks.amazonaws.com,.dkr.ecr.eu-central-1.amazonaws.com,169.254.169.254,10.0.0.0/8'
foreach ($scope in 'Machine', 'Process') {
    [Environment]::SetEnvironmentVariable('HTTPS_PROXY', 'http://proxy.internal:3128', $scope)
    [Environment]::SetEnvironmentVariable('NO_PROXY', $past, $scope)
}
