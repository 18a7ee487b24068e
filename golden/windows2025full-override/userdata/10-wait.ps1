# The second volume can be late.
foreach ($attempt in 1..30) {
    if (Get-Disk | Where-Object { $_.Number -eq 1 }) { break }
    Start-Sleep -Seconds 1
}
Get-Disk | Where-Object PartitionStyle -eq 'RAW' | Initialize-Disk -PartitionStyle GPT
