# preBootstrap[0]
Set-TimeZone -Id UTC
