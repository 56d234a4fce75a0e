#!/usr/bin/env bash
# Big data against the machine's own tools, in CPU seconds (user + system, whole processes): a directory of FILES files of 4 KiB (default 100000)
# and a file of MIB MiB (default 1024): big-data.sh [FILES [MIB]]; 1000000 and 4096 are the large sizes. Needs xxhsum (package xxhash) and openssl.
# The directory and the file are datasets of format files that the store does not keep. First pins are measured twice: by Status, which takes the digests
# and keeps them in the index, and by Train, which writes listing and lock as well.
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

# As users call it: in the workspace, without options.
status() { (cd "$1" && exec "$root/build.sh" Status); }
train() { (cd "$1" && exec "$root/build.sh" Train); }
forget() { rm -rf "$1/.mlops" "$1/data.lock.json"; }
pipe() { tar cf - "$1" | cat; }

# bar TEXT OURS PEER NAME LIMIT: medians beside each other.
bar() { echo "$1: ours $2 CPU ms, $4 $3 CPU ms, ratio $(ratio "$2" "$3") (must be at most $5)"; }

workspace() { # DIR DATASET
  mkdir -p "$1"
  echo "{ \"name\": \"big\", \"data\": { \"it\": { \"path\": \"$2\", \"format\": \"files\", \"store\": false } } }" >"$1/nuke.json"
}

# pinned DIR: trains, then asks until the answer is remembered: files that are too young are not trusted.
pinned() {
  (cd "$1" && "$root/build.sh" Train && "$root/build.sh" Status && "$root/build.sh" Status) >/dev/null 2>&1
}

cd "$folder"
workspace many data
for ((d = 0; d * 1000 < files; d++)); do
  mkdir -p "many/data/part-$d"
  count=$((files - d * 1000 < 1000 ? files - d * 1000 : 1000))
  head -c $((count * 4096)) /dev/urandom | split -b 4096 -a 3 -d - "many/data/part-$d/image-"
done

pin=() full=() tar=() same=() find=() edit=() warm=()
cpu warm pipe many/data
for ((r = 0; r < rounds; r++)); do
  forget many
  cpu pin status many
  forget many
  cpu full train many
  cpu tar pipe many/data
done
pinned many
for ((r = 0; r < rounds; r++)); do
  cpu same status many
  cpu find find many/data -printf '%s %T@\n'
done
for ((r = 0; r < rounds; r++)); do
  echo "$r" >>many/data/part-0/image-000
  cpu edit status many
done
t=$(median "${tar[@]}") f=$(median "${find[@]}") s=$(median "${same[@]}") e=$(median "${edit[@]}")
bar "$files files, first pin" "$(median "${pin[@]}")" "$t" "tar | cat" 1.2
bar "$files files, first Train" "$(median "${full[@]}")" "$t" "tar | cat" 1.2
bar "$files files, unchanged Status" "$s" "$f" "find -printf" 1.5
echo "$files files, one changed: $e CPU ms, $(awk -v e="$e" -v f="$f" 'BEGIN { print e - f }') more than find -printf (must be at most 500 more)"
if [ -r /proc/self/status ]; then
  forget many
  # The host itself, without the script before it; its peak is read while it still exists, as a zombie has none.
  peak=0
  (cd many && exec "${DOTNET_ROOT:+$DOTNET_ROOT/}dotnet" "$root/.artifacts/host/mlops.dll" Status) >/dev/null 2>&1 &
  while kill -0 $! 2>/dev/null; do
    now=$(awk '/^VmHWM/ { print $2 }' "/proc/$!/status" 2>/dev/null || true)
    peak=${now:-$peak}
    sleep 0.05
  done
  echo "$files files, memory of a first pin: $((peak / 1024)) MiB (must be at most 1024 for 1000000)"
fi

workspace one big.bin
head -c "${mib}M" /dev/urandom >one/big.bin
pin=() ssl=() touched=() xxh=()
for ((r = 0; r < rounds; r++)); do
  forget one
  cpu pin status one
  cpu ssl openssl sha256 one/big.bin
  touch one/big.bin
  cpu touched status one
  cpu xxh xxhsum -H2 one/big.bin
done
bar "$mib MiB, first pin" "$(median "${pin[@]}")" "$(median "${ssl[@]}")" "openssl sha256" 1.3
bar "$mib MiB, after a touch" "$(median "${touched[@]}")" "$(median "${xxh[@]}")" "xxhsum -H2" 2.2
