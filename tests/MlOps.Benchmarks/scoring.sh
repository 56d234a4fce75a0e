#!/usr/bin/env bash
# Scoring by itself and beside ONNX Runtime: one row (BenchmarkDotNet, then the least of many short stretches), then 100,000 rows of the same model file here and in
# onnxruntime-node, interleaved; the least of all rounds counts, since a shared machine only ever adds. CPU milliseconds, the clock's in brackets. The packages are those of the tests' oracle. scoring.sh [batch]: the second part alone.
set -euo pipefail
root=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd -P)
here=$root/tests/MlOps.Benchmarks/scoring
ours=$root/.artifacts/bin/MlOps.Benchmarks.Scoring/release/scoring.dll
dotnet build "$here" -c Release -v q -nologo -clp:NoSummary -p:RunAnalyzers=false >/dev/null
[[ ${1:-} == batch ]] || { dotnet "$ours" && dotnet "$ours" least; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$root"/tests/MlOps.Tests/Scoring/Oracle/package*.json "$folder"
(cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null)
dotnet "$ours" write "$folder"
for ((turn = 0; turn < ${TURNS:-3}; turn++)); do
  dotnet "$ours" batch "$folder" "${ROUNDS:-10}" >>"$folder/ours"
  for threads in 1 0; do NODE_PATH=$folder/node_modules node "$here/score.cjs" "$folder" "${ROUNDS:-10}" $threads >>"$folder/theirs-$threads"; done
done
least() { cut -d' ' -f"$1" "$folder/$2" | sort -n | head -1; }
ratio() { awk "BEGIN { printf \"%.2f\", $(least "$1" ours) / $(least "$1" "$2") }"; }
both() { echo "$(least 1 "$1") ms ($(least 2 "$1"))"; }
echo "100000 rows, 300 trees: ours $(both ours); onnxruntime-node on one thread $(both theirs-1), ratio $(ratio 1 theirs-1) ($(ratio 2 theirs-1)), must be at most 1; on all $(both theirs-0), ratio $(ratio 1 theirs-0) ($(ratio 2 theirs-0))"
