#!/usr/bin/env bash
# A CSV file of BYTES bytes (default 1 GiB: 20 columns of numbers) read into a typed table, against wc -l, a hand loop over the digits and CsvHelper:
# CPU seconds, wall seconds and peak memory of whole processes, interleaved, medians of ROUNDS (default 5).
set -euo pipefail
. "${BASH_SOURCE[0]%/*}/measure.sh"
bytes=${1:-1073741824} rounds=${ROUNDS:-5}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
file=$folder/big.csv
dotnet "$peers" csv-write "$file" "$bytes"

lines() { wc -l "$file"; }
peer() { dotnet "$peers" "csv-$1" "$file"; }

declare -A cpu wall peak
# run NAME COMMAND…: CPU and wall seconds in ten-thousandths, as median prints tenths of a thousandth.
run() {
  local name=$1 TIMEFORMAT='%U %S %R'
  shift
  { time "$@" >"$folder/said"; } 2>"$folder/time"
  cpu[$name]+=" $(awk '{ printf "%d", ($1 + $2) * 10000 }' "$folder/time")"
  wall[$name]+=" $(awk '{ printf "%d", $3 * 10000 }' "$folder/time")"
  peak[$name]=$(cut -d' ' -f1 "$folder/said")
}

lines >/dev/null
for ((r = 0; r < rounds; r++)); do
  run lines lines
  run hand peer hand
  run ours peer ours
  run helper peer helper
done

row() {
  local c
  c=$(median ${cpu[$1]})
  printf '%-12s %8.2f %8.2f %6s %8s\n' "$2" "$(ratio "$c" 1000)" "$(ratio "$(median ${wall[$1]})" 1000)" "$(ratio "$c" "$hand")" "$3"
}
hand=$(median ${cpu[hand]})
echo "$(wc -c <"$file") bytes       CPU s   wall s  ratio  peak MiB"
row lines 'wc -l' -
row hand 'hand loop' "${peak[hand]}"
row ours ours "${peak[ours]}"
row helper CsvHelper "${peak[helper]}"
echo "ours may take 2.5 hand loops, 1.5 is the aim"
