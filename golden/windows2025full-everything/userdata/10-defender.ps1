$folders = 'C:\ProgramData\containerd', "$env:ProgramFiles\containerd"
foreach ($folder in $folders) {
    Add-MpPreference -ExclusionPath $folder
}
