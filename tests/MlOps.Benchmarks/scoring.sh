#!/usr/bin/env bash
# Scoring by itself and beside ONNX Runtime: one row (BenchmarkDotNet), then 100,000 rows of the same model file here and in onnxruntime-node, interleaved;
# the least of all rounds counts, since a shared machine only ever adds. The packages are those of the tests' oracle. scoring.sh [batch]: the second part alone.
set -euo pipefail
root=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd -P)
here=$root/tests/MlOps.Benchmarks/scoring
ours=$root/.artifacts/bin/MlOps.Benchmarks.Scoring/release/scoring.dll
dotnet build "$here" -c Release -v q -nologo -clp:NoSummary -p:RunAnalyzers=false >/dev/null
[[ ${1:-} == batch ]] || dotnet "$ours"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$root"/tests/MlOps.Tests/Scoring/Oracle/package*.json "$folder"
(cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null)
dotnet "$ours" write "$folder"
least() { sort -n | head -1; }
for ((turn = 0; turn < ${TURNS:-3}; turn++)); do
  dotnet "$ours" batch "$folder" "${ROUNDS:-10}" >>"$folder/ours"
  for threads in 1 0; do NODE_PATH=$folder/node_modules node "$here/score.cjs" "$folder" "${ROUNDS:-10}" $threads >>"$folder/theirs-$threads"; done
done
o=$(least <"$folder/ours") one=$(least <"$folder/theirs-1") all=$(least <"$folder/theirs-0")
echo "100000 rows, 300 trees: ours $o ms, onnxruntime-node $one ms on one thread (ratio $(awk "BEGIN { printf \"%.2f\", $o / $one }"), must be at most 1), $all ms on all (ratio $(awk "BEGIN { printf \"%.2f\", $o / $all }"))"
