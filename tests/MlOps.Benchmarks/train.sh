#!/usr/bin/env bash
# Boosted trees against xgboost's hist (Debian's python3-xgboost and python3-sklearn), on the same rows: train.sh [ROWS FEATURES]…, default 1000000 28 and
# 100000 20. 100 trees of 31 leaves grown by loss, 255 bins, rate 0.1; binning is measured, loading is not. Medians of ROUNDS (default 5), interleaved.
set -euo pipefail
. "${BASH_SOURCE[0]%/*}/measure.sh"
rounds=${ROUNDS:-5}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=${PYTHON:-/usr/bin/python3} script=${BASH_SOURCE[0]%/*}/train.py
(($# > 0)) || set -- 1000000 28 100000 20

# column LINES N: the median of the Nth column.
column() { awk -v n="$2" '{ print $n }' "$1" | sort -n | sed -n "$((rounds / 2 + 1))p"; }

while (($# >= 2)); do
  "$python" "$script" make "$1" "$2" "$folder"
  for threads in 1 2; do
    rm -f "$folder/ours" "$folder/peer"
    for ((r = 0; r < rounds; r++)); do
      dotnet "$peers" train "$folder" "$2" "$threads" >>"$folder/ours"
      "$python" "$script" fit "$folder" "$2" "$threads" >>"$folder/peer"
    done
    o=$folder/ours p=$folder/peer
    echo "$1 x $2, $threads thread(s): CPU ms $(column "$o" 1), xgboost $(column "$p" 1), ratio $(ratio "$(column "$o" 1)" "$(column "$p" 1)");" \
      "wall ms $(column "$o" 2), xgboost $(column "$p" 2), ratio $(ratio "$(column "$o" 2)" "$(column "$p" 2)") (must be at most 1.30);" \
      "AUC $(column "$o" 3), xgboost $(column "$p" 3); MiB above the data $(column "$o" 4), xgboost $(column "$p" 4) (must be at most 600)"
  done
  shift 2
done
