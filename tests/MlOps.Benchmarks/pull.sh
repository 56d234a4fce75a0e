#!/usr/bin/env bash
# Pull from a registry on the loopback (fetched, hashed and kept in a store) against copying the same bytes over the loopback by sockets, and against cp.
# One object of 1 GB, then sixteen of 64 MB; medians of 5, interleaved. Wants docker-registry; MEGABYTES and ROUNDS change the size.
set -euo pipefail
. "${BASH_SOURCE[0]%/*}/measure.sh"
rounds=${ROUNDS:-5} megabytes=${MEGABYTES:-1024}
folder=$(mktemp -d)
port=$((20000 + $$ % 12000))
cat >"$folder/config.yml" <<CONFIG
version: 0.1
log: { level: error, accesslog: { disabled: true } }
storage: { filesystem: { rootdirectory: $folder/storage } }
http: { addr: "127.0.0.1:$port" }
CONFIG
docker-registry serve "$folder/config.yml" >"$folder/log" 2>&1 &
server=$!
trap 'kill $server; rm -rf "$folder"' EXIT
remote=oci://127.0.0.1:$port/bench
until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
  kill -0 $server || { cat "$folder/log" >&2; exit 1; }
done

# run PARTS: as many objects, together as large.
run() {
  local parts=$1 each=$((megabytes / $1)) files=() digests=() pulls=() copies=() locals=() took begin end
  for ((i = 0; i < parts; i++)); do
    head -c "${each}M" /dev/urandom >"$folder/object$i"
    files+=("$folder/object$i")
  done
  mapfile -t digests < <(dotnet "$peers" push "$remote" "${files[@]}" 2>&1 >"$folder/push")
  cat "${files[@]}" >"$folder/whole"
  for ((r = 0; r <= rounds; r++)); do
    took=$(dotnet "$peers" pull "$remote" "$folder/store" "${digests[@]}")
    # The first round warms the page cache.
    ((r == 0)) || pulls+=("${took}0")
    rm -rf "$folder/store"
    took=$(dotnet "$peers" copy "$folder/whole" "$folder/copied")
    ((r == 0)) || copies+=("${took}0")
    rm "$folder/copied"
    begin=$EPOCHREALTIME
    cp "$folder/whole" "$folder/copied"
    end=$EPOCHREALTIME
    ((r == 0)) || locals+=($(((${end/[.,]/} - ${begin/[.,]/}) / 100)))
    rm "$folder/copied"
  done
  rm "$folder"/object* "$folder/whole"
  local p c l
  p=$(median "${pulls[@]}") c=$(median "${copies[@]}") l=$(median "${locals[@]}")
  echo "$parts x $each MB: pull $p ms, copy over loopback $c ms, cp $l ms; speed of pull $(ratio "$c" "$p") of the copy's (aim 0.5); push took $(cat "$folder/push") ms"
}

run 1
run 16
