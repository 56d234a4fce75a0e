#!/usr/bin/env bash
# Big data against the machine's own tools, in CPU seconds (user + system, whole processes): a directory of FILES files of 4 KiB (default 100000)
# and a file of MIB MiB (default 1024): big-data.sh [FILES [MIB]]; 1000000 and 4096 are the large sizes. Needs xxhsum (package xxhash) and openssl.
# The directory is read by a run step, so Status walks and hashes it and nothing else.
set -euo pipefail
. "${BASH_SOURCE[0]%/*}/measure.sh"
files=${1:-100000} mib=${2:-1024} rounds=${ROUNDS:-5}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$root/build.sh" --help >/dev/null

# cpu VARIABLE COMMAND…: CPU milliseconds, in tenths, appended to the array named. Exit 2 says that work is pending, which it is.
cpu() {
  local -n into=$1
  shift
  local TIMEFORMAT='%U %S' code=0
  { time "$@" >/dev/null 2>&1 || code=$?; } 2>"$folder/time"
  ((code == 0 || code == 2)) || { echo "failed: $*" >&2; return 1; }
  into+=("$(awk '{ printf "%d", ($1 + $2) * 10000 }' "$folder/time")")
}

status() { "$root/build.sh" Status --root "$1"; }
pipe() { tar cf - "$1" | cat; }

# bar TEXT OURS PEER NAME LIMIT: medians beside each other.
bar() { echo "$1: ours $2 CPU ms, $4 $3 CPU ms, ratio $(ratio "$2" "$3") (must be at most $5)"; }

workspace() { # DIR READS
  mkdir -p "$1"
  echo "{ \"name\": \"big\", \"steps\": { \"s\": { \"run\": [\"true\"], \"reads\": [\"$2\"], \"writes\": [\"out.txt\"] } } }" >"$1/nuke.json"
}

cd "$folder"
workspace many data
for ((d = 0; d * 1000 < files; d++)); do
  mkdir -p "many/data/part-$d"
  count=$((files - d * 1000 < 1000 ? files - d * 1000 : 1000))
  head -c $((count * 4096)) /dev/urandom | split -b 4096 -a 3 -d - "many/data/part-$d/image-"
done

pin=() tar=() same=() find=() edit=() warm=()
cpu warm pipe many/data
for ((r = 0; r < rounds; r++)); do
  rm -rf many/.mlops
  cpu pin status many
  cpu tar pipe many/data
done
for ((r = 0; r < rounds; r++)); do
  cpu same status many
  cpu find find many/data -printf '%s %T@\n'
  echo "$r" >>many/data/part-0/image-000
  cpu edit status many
done
t=$(median "${tar[@]}") f=$(median "${find[@]}") s=$(median "${same[@]}")
bar "$files files, first pin" "$(median "${pin[@]}")" "$t" "tar | cat" 1.2
bar "$files files, unchanged Status" "$s" "$f" "find -printf" 1.5
echo "$files files, one changed: $(median "${edit[@]}") CPU ms, unchanged $s CPU ms (must be at most 500 more)"
/usr/bin/env bash -c 'command -v /usr/bin/time >/dev/null' && /usr/bin/time -f "$files files, memory of a first pin: %M KiB" bash -c "rm -rf many/.mlops; '$root/build.sh' Status --root many >/dev/null || [ \$? = 2 ]" || true

workspace one big.bin
head -c "${mib}M" /dev/urandom >one/big.bin
pin=() ssl=() touched=() xxh=()
for ((r = 0; r < rounds; r++)); do
  rm -rf one/.mlops
  cpu pin status one
  cpu ssl openssl sha256 one/big.bin
  touch one/big.bin
  cpu touched status one
  cpu xxh xxhsum -H2 one/big.bin
done
bar "$mib MiB, first pin" "$(median "${pin[@]}")" "$(median "${ssl[@]}")" "openssl sha256" 1.3
bar "$mib MiB, after a touch" "$(median "${touched[@]}")" "$(median "${xxh[@]}")" "xxhsum -H2" 2.2
