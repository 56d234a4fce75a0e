namespace MlOps.Pipelines.NewModel;

/// <summary>The scripts that a workspace of its own gets: they find the product and hand everything on to it.</summary>
internal static class Launcher
{
    public const string Shell = """
        #!/bin/sh
        # Runs MlOps on this workspace: ./build.sh TARGET [arguments] [--option value…]; ./build.sh --help
        # The product is found by MLOPS_HOME, else by .mlops/home (not in git; New writes it).
        case $0 in */*) root=${0%/*} ;; *) root=. ;; esac
        home=${MLOPS_HOME:-}
        if [ -z "$home" ] && [ -r "$root/.mlops/home" ]; then read -r home < "$root/.mlops/home"; fi
        if [ -z "$home" ] || [ ! -e "$home/build.sh" ]; then
          echo "MLO9010 error: the MlOps product is not found" >&2
          echo "  where: ${home:-MLOPS_HOME and $root/.mlops/home}" >&2
          echo "  mend:  export MLOPS_HOME=<folder of a clone of MlOps>" >&2
          exit 1
        fi
        MLOPS_ROOT=$root exec "$home/build.sh" "$@"

        """;

    public const string PowerShell = """
        # Runs MlOps on this workspace, as build.sh does. Untested where this was written: there is no PowerShell.
        $productHome = $env:MLOPS_HOME
        $noted = Join-Path $PSScriptRoot '.mlops/home'
        if (-not $productHome -and (Test-Path $noted)) { $productHome = (Get-Content $noted -TotalCount 1) }
        if (-not $productHome -or -not (Test-Path (Join-Path $productHome 'build.ps1'))) {
          [Console]::Error.WriteLine('MLO9010 error: the MlOps product is not found')
          [Console]::Error.WriteLine('  mend:  set MLOPS_HOME to the folder of a clone of MlOps')
          exit 1
        }
        $env:MLOPS_ROOT = $PSScriptRoot
        & (Join-Path $productHome 'build.ps1') @args
        exit $LASTEXITCODE

        """;
}
