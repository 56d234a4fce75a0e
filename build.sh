#!/bin/sh
# Builds the fast host when its sources changed, then runs it: ./build.sh TARGET [arguments] [--option value…]; ./build.sh --help
# Plain sh without a fork but one (find): this file is on every command's path, and bash alone starts three times slower than sh.

case $0 in */*) root=${0%/*} ;; *) root=. ;; esac
case $root in /*) ;; *) root=$PWD/$root ;; esac
host=$root/.artifacts/host

if [ -n "${DOTNET_ROOT:-}" ] && [ -x "$DOTNET_ROOT/dotnet" ]; then dotnet=$DOTNET_ROOT/dotnet
elif command -v dotnet >/dev/null; then dotnet=dotnet
else dotnet=$HOME/.dotnet/dotnet
fi

# ctime, so that an edit whose mtime was put back counts; directories stand for what was deleted or renamed in them.
changed() {
  [ -e "$host/stamp" ] || return 0
  newer=$(find "$root/src" "$root/build/props" "$root/build/host" "$root/global.json" -cnewer "$host/stamp" -print -quit) || return 0
  [ -n "$newer" ]
}

# Where dotnet is missing, or the host is not of these sources, this builds it or says why it cannot.
if changed || ! command -v "$dotnet" >/dev/null; then
  . "$root/build/host/build-host.sh"
fi

# Where Compile, Test and New find this product.
MLOPS_HOME=$root
export MLOPS_HOME
exec "$dotnet" "$host/mlops.dll" "$@"
