#!/usr/bin/env bash
# ./build.sh Train with nothing to do against a hello world run by dotnet: median of 9 each, interleaved, from bash.
set -euo pipefail
. "${BASH_SOURCE[0]%/*}/measure.sh"
workspace=${1:-$root}
rounds=${ROUNDS:-9}

"$root/build.sh" Train --root "$workspace" >/dev/null 2>&1 || true
cd "$workspace"
warm=() ours=() hello=()
elapsed warm "$root/build.sh" Train
elapsed warm dotnet "$peers"
for ((i = 0; i < rounds; i++)); do
  elapsed ours "$root/build.sh" Train
  elapsed hello dotnet "$peers"
done
o=$(median "${ours[@]}") h=$(median "${hello[@]}")
echo "nothing to do: build.sh Train $o ms, hello world $h ms, ratio $(ratio "$o" "$h") (must be at most 3, aim 2.2)"
