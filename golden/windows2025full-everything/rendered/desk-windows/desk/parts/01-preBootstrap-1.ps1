# preBootstrap[1]
$motd = "it's $env:COMPUTERNAME, 100% sure"
Set-Content -Path C:\motd.txt -Value $motd
