#!/usr/bin/env bash
# 1. `./build.sh Package Image` with nothing to do against `./build.sh Train`: CPU milliseconds, medians of ROUNDS (9), interleaved; at most 1.2 times.
# 2. `Push` of another model's package and image to a registry that has the last ones: bytes and seconds. Wants docker-registry, and the base's packages (network or apt) the first time.
set -euo pipefail
. "${BASH_SOURCE[0]%/*}/measure.sh"
rounds=${ROUNDS:-9}
folder=$(mktemp -d)
port=$((20000 + $$ % 12000))
trap 'kill "$registry" 2>/dev/null; rm -rf "$folder"' EXIT
cat >"$folder/registry.yml" <<END
version: 0.1
storage: { filesystem: { rootdirectory: $folder/registry } }
http: { addr: 127.0.0.1:$port }
log: { level: error }
END
docker-registry serve "$folder/registry.yml" >/dev/null 2>&1 &
registry=$!

mkdir "$folder/workspace" && cd "$folder/workspace"
git init -q -b main . && git config user.email bench@example.org && git config user.name bench
export MLOPS_HOME=$root
"$root/build.sh" New churn --data "$root/models/churn/data/customers.csv" --label churned >/dev/null
sed -i "s|\"data\": {|\"registry\": \"127.0.0.1:$port/city\",\n  \"data\": {|; s|\"name\": \"[a-z-]*\"|\"name\": \"bench\"|" nuke.json
./build.sh Package Image >/dev/null 2>&1
git add -A && git commit -qm one
# The first look after a commit reads everything; from then on nothing changed.
for target in Train "Package Image" Train "Package Image"; do ./build.sh $target >/dev/null 2>&1; sleep 0.3; done

# cpu COMMAND…: its CPU time in tenths of milliseconds, with those of all that it starts.
cpu() {
  local TIMEFORMAT='%3U %3S' took
  took=$( { time "$@" >/dev/null 2>&1; } 2>&1)
  awk '{ printf "%d", ($1 + $2) * 10000 }' <<<"$took"
}
train=() both=()
for ((i = 0; i < rounds; i++)); do
  train+=("$(cpu ./build.sh Train)")
  both+=("$(cpu ./build.sh Package Image)")
done
t=$(median "${train[@]}") b=$(median "${both[@]}")
echo "nothing to do: Package Image $b CPU ms, Train $t CPU ms, ratio $(ratio "$b" "$t") (must be at most 1.2)"

echo "first push:"
./build.sh Push 2>/dev/null | tail -n 4
sed -i 's/"learningRate": 0.1/"learningRate": 0.11/; s/"trees": [0-9]*/"trees": 90/' models/churn/model.json
./build.sh Package Image >/dev/null 2>&1
git commit -qam two
echo "push of another model (base and runtime are there):"
begin=$EPOCHREALTIME
./build.sh Push 2>/dev/null | tail -n 4
end=$EPOCHREALTIME
echo "the whole command: $(((${end/./} - ${begin/./}) / 1000)) ms (the transfer must take at most 1000)"
