New-Item -ItemType Directory -Path C:\\tools
Write-Host ready
