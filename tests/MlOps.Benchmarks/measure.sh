# Sourced by the scripts: builds the peers, and measures with bash's own clock so that no tool stands between.
root=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd -P)
peers=$root/.artifacts/bin/MlOps.Benchmarks/release/peers.dll
dotnet build "$root/tests/MlOps.Benchmarks" -c Release -v q -nologo -clp:NoSummary -p:RunAnalyzers=false >/dev/null

# elapsed VARIABLE COMMAND…: milliseconds, to a tenth, appended to the array named.
elapsed() {
  local -n into=$1
  shift
  local begin=$EPOCHREALTIME end
  "$@" >/dev/null 2>&1 || { echo "failed: $*" >&2; return 1; }
  end=$EPOCHREALTIME
  into+=($(((${end/[.,]/} - ${begin/[.,]/}) / 100)))
}

# median VALUES…: of tenths, printed with a point.
median() {
  local sorted
  mapfile -t sorted < <(printf '%s\n' "$@" | sort -n)
  local middle=${sorted[$((${#sorted[@]} / 2))]}
  printf '%d.%d' $((middle / 10)) $((middle % 10))
}

# ratio A B: with two decimals.
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
