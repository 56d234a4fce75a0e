#!/usr/bin/env bash
# The service under wrk (8 keep-alive connections, one row by the Open Inference Protocol, log of inferences on) against a bare Kestrel that echoes the same payload: server CPU microseconds per request,
# interleaved, medians of TURNS (5); scoring itself, measured apart, is taken off. Then the first 200 after the start, and what an idle service keeps resident. Wants wrk. serving.sh [MODEL.onnx]: the churn sample's unless named.
set -euo pipefail
root=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd -P)
peer=$root/.artifacts/bin/serving/release/serving.dll
service=$root/.artifacts/host/serving/MlOps.Serving.dll
dotnet build "$root/tests/MlOps.Benchmarks/serving" -c Release -v q -nologo -clp:NoSummary -p:RunAnalyzers=false >/dev/null
model=${1:-$root/.mlops/out/churn/model.onnx}
[[ -f $model ]] || (cd "$root" && ./build.sh Train >/dev/null)
folder=$(mktemp -d)
pids=()
trap 'for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; rm -rf "$folder"' EXIT
dotnet "$peer" prepare "$model" "$folder"
port=$((20000 + $$ % 10000))
digest=sha256:$(sha256sum "$model" | cut -d' ' -f1)
cat >"$folder/service.json" <<JSON
{ "url": "http://127.0.0.1:$port", "log": { "folder": "$folder/log" }, "models": [ { "name": "m", "path": "$model", "digest": "$digest" } ] }
JSON

# ready PORT: waits until somebody answers there.
ready() { until { exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null && printf 'GET /v2/health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3 && read -r _ <&3; do :; done; exec 3>&-; }
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
median() { sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }

begin=$EPOCHREALTIME
dotnet "$service" --config "$folder/service.json" >"$folder/service.log" 2>&1 &
ours=$!
pids+=($ours)
ready $port
end=$EPOCHREALTIME
first=$(((${end/./} - ${begin/./}) / 1000))
sleep 2
idle=$(awk '/VmRSS/ { print int($2 / 1024) }' "/proc/$ours/status")
dotnet "$peer" echo $((port + 1)) >/dev/null 2>&1 &
theirs=$!
pids+=($theirs)
ready $((port + 1))

# load PID URL FILE: microseconds of CPU per request, appended.
load() {
  local before after requests
  before=$(ticks "$1")
  wrk -t1 -c8 -d"${SECONDS_EACH:-5}s" -s "$folder/post.lua" "$2" >"$folder/wrk"
  after=$(ticks "$1")
  ! grep -q 'Non-2xx\|Socket errors' "$folder/wrk" || { cat "$folder/wrk" >&2; exit 1; }
  requests=$(awk '/requests in/ { print $1 }' "$folder/wrk")
  awk -v t=$((after - before)) -v n="$requests" -v hz="$(getconf CLK_TCK)" 'BEGIN { printf "%.3f\n", t / hz * 1e6 / n }' >>"$3"
}

for warm in 1 2; do load $ours "http://127.0.0.1:$port/v2/models/m/infer" "$folder/warm"; load $theirs "http://127.0.0.1:$((port + 1))/" "$folder/warm"; done
for ((turn = 0; turn < ${TURNS:-5}; turn++)); do
  load $ours "http://127.0.0.1:$port/v2/models/m/infer" "$folder/ours"
  load $theirs "http://127.0.0.1:$((port + 1))/" "$folder/theirs"
done
ours_us=$(median <"$folder/ours") theirs_us=$(median <"$folder/theirs") score_us=$(dotnet "$peer" score "$model")
awk -v o="$ours_us" -v t="$theirs_us" -v s="$score_us" 'BEGIN { printf "CPU per request: ours %.1f us, of it scoring %.1f; Kestrel echo %.1f us; throughput per CPU second, scoring taken off: %.2f of the echo\n", o, s, t, t / (o - s) }'
echo "first 200 after $first ms; idle $idle MiB; $(wc -l "$folder"/log/* | awk 'END { print $1 }') inferences logged; load $(cut -d' ' -f1-3 /proc/loadavg) on $(nproc) processors"
