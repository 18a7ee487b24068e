# preBootstrap[1]
New-Item -ItemType Directory -Force -Path C:\app | Out-Null
"it's $env:COMPUTERNAME, 100% sure" | Set-Content C:\app\motd.txt
