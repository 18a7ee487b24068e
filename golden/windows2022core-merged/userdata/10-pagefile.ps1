$system = Get-CimInstance Win32_ComputerSystem
if ($system.AutomaticManagedPagefile) {
    $system | Set-CimInstance -Property @{ AutomaticManagedPagefile = $false }
}
