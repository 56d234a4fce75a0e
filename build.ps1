# Builds the fast host when its sources changed, then runs it: ./build.ps1 TARGET [arguments] [--option value...]
# The plain twin of build.sh. UNTESTED: written for Windows PowerShell 5 and PowerShell 7, never yet run on Windows; reports are welcome.
# Docker, swarm and --verify-reads are Linux features. Where PowerShell runs on Linux or macOS, use build.sh.

$ErrorActionPreference = 'Stop'
$root = $PSScriptRoot
$artifacts = Join-Path $root '.artifacts'
$hosts = Join-Path $artifacts 'hosts'
# No symbolic links without privileges on Windows: a file names the current host's folder.
$pointer = Join-Path $hosts 'current.txt'

function Fail([string] $code, [string] $what, [string] $why, [string] $mend) {
    [Console]::Error.WriteLine("$code error: $what`n  why:   $why`n  mend:  $mend")
    exit 1
}

$dotnet = 'dotnet'
if ($env:DOTNET_ROOT -and (Test-Path (Join-Path $env:DOTNET_ROOT 'dotnet.exe'))) { $dotnet = Join-Path $env:DOTNET_ROOT 'dotnet.exe' }

function Get-Current {
    if (Test-Path $pointer) { return Join-Path $hosts ((Get-Content $pointer -TotalCount 1).Trim()) }
    return $null
}

# Folders stand for what was deleted or renamed in them.
function Test-Changed {
    $current = Get-Current
    if (-not $current -or -not (Test-Path (Join-Path $current 'stamp'))) { return $true }
    $stamp = (Get-Item (Join-Path $current 'stamp')).LastWriteTimeUtc
    foreach ($source in 'src', 'build/props', 'build/host', 'global.json') {
        $path = Join-Path $root $source
        if ((Get-Item $path).LastWriteTimeUtc -gt $stamp) { return $true }
        if (Test-Path $path -PathType Container) {
            foreach ($item in Get-ChildItem $path -Recurse -Force) { if ($item.LastWriteTimeUtc -gt $stamp) { return $true } }
        }
    }
    return $false
}

if (Test-Changed) {
    $wanted = (Get-Content (Join-Path $root 'global.json') -Raw | ConvertFrom-Json).sdk.version
    $mend = "install the .NET SDK $wanted (https://dotnet.microsoft.com/download), or set DOTNET_ROOT to the folder that holds it"
    if (-not (Get-Command $dotnet -ErrorAction SilentlyContinue)) { Fail 'MLO9081' 'dotnet is not installed' 'neither DOTNET_ROOT nor PATH has it' $mend }
    Push-Location $root
    $ErrorActionPreference = 'Continue'
    & $dotnet --version 2>&1 | Out-Null
    $fits = $LASTEXITCODE -eq 0
    $ErrorActionPreference = 'Stop'
    Pop-Location
    if (-not $fits) { Fail 'MLO9082' 'no .NET SDK fits global.json' "it asks for $wanted or a later feature band of it" $mend }

    New-Item -ItemType Directory -Force $hosts | Out-Null
    $lock = $null
    $said = $false
    while (-not $lock) {
        try { $lock = [IO.File]::Open((Join-Path $hosts 'lock'), 'OpenOrCreate', 'ReadWrite', 'None') }
        catch [IO.IOException] {
            if (-not $said) { [Console]::Error.WriteLine('waiting for another build'); $said = $true }
            Start-Sleep -Milliseconds 500
        }
    }
    try {
        if (Test-Changed) {
            $n = 1
            while (Test-Path (Join-Path $hosts "$n")) { $n++ }
            $new = Join-Path $hosts "$n"
            New-Item -ItemType Directory $new | Out-Null
            # What changes while the compiler runs is newer than its start: the next command builds again.
            New-Item -ItemType File (Join-Path $new 'stamp') | Out-Null
            [Console]::Error.WriteLine('building the host (first time: about a minute)...')
            $env:DOTNET_NOLOGO = '1'
            $env:DOTNET_CLI_TELEMETRY_OPTOUT = '1'
            $project = Join-Path $root 'build/host/Host.proj'
            foreach ($readyToRun in 'true', 'false') {
                $log = & $dotnet msbuild $project -nologo -v:q -nodeReuse:false -clp:NoSummary "-p:HostDirectory=$new/" "-p:HostReadyToRun=$readyToRun"
                if ($LASTEXITCODE -eq 0) { break }
            }
            if ($LASTEXITCODE -ne 0) {
                $log | ForEach-Object { [Console]::Error.WriteLine($_) }
                Remove-Item -Recurse -Force $new
                Fail 'MLO9084' 'the host does not compile' "the compiler's messages stand above" 'mend what they name'
            }
            Set-Content $pointer "$n"
            # A folder that a process runs from cannot be deleted on Windows: it stays until a later build.
            Get-ChildItem $hosts -Directory | Where-Object { $_.Name -ne "$n" } | Remove-Item -Recurse -Force -ErrorAction SilentlyContinue
        }
    }
    finally { $lock.Dispose() }
}

$env:MLOPS_HOME = $root
& $dotnet (Join-Path (Get-Current) 'mlops.dll') @args
exit $LASTEXITCODE
