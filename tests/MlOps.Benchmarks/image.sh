#!/usr/bin/env bash
# Images of both flavours: their layers' compressed bytes, and milliseconds from `docker create` to the first HTTP 200, medians of ROUNDS (9), interleaved. Wants dockerd.
set -euo pipefail
. "${BASH_SOURCE[0]%/*}/measure.sh"
rounds=${ROUNDS:-9}
home=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
folder=$(mktemp -d)
port=$((20000 + $$ % 12000))
trap 'docker rmi -f mlops-bench:trimmed mlops-bench:untrimmed >/dev/null; rm -rf "$folder"' EXIT
for flavour in Trimmed Untrimmed; do
  sizes=$(dotnet "$peers" image "$home" $flavour "$folder/$flavour" "mlops-bench:${flavour,,}" "$folder/$flavour.tar")
  docker load --quiet --input "$folder/$flavour.tar" >/dev/null
  echo "${flavour,,}: base, service, model: $sizes bytes compressed, together $((${sizes// /+}))"
done

# start FLAVOUR: milliseconds until it answers.
start() {
  local begin=$EPOCHREALTIME container end answer
  container=$(docker create --read-only --cap-drop ALL --network host --env "MLOPS_URL=http://127.0.0.1:$port" "mlops-bench:$1")
  docker start "$container" >/dev/null
  until { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null &&
    printf 'GET /v2/health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3 && read -r answer <&3 && [[ $answer == *" 200 "* ]]; do :; done
  end=$EPOCHREALTIME
  exec 3>&-
  docker rm -f "$container" >/dev/null
  echo $(((${end/./} - ${begin/./}) / 1000))
}

declare -A took
for ((r = 0; r <= rounds; r++)); do
  for flavour in trimmed untrimmed; do
    ms=$(start $flavour)
    # The first round warms the page cache.
    ((r == 0)) || took[$flavour]+="$ms"$'\n'
  done
done
for flavour in trimmed untrimmed; do
  sorted=($(printf '%s' "${took[$flavour]}" | sort -n))
  echo "$flavour: create to first 200: median ${sorted[$((rounds / 2))]} ms of ${sorted[*]}"
done
echo "load: $(cut -d' ' -f1-3 /proc/loadavg) on $(nproc) processors"
