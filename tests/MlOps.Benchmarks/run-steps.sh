#!/usr/bin/env bash
# Workspaces of N trivial run steps: first build against starting the same processes from C#, and nothing to do against a hello world.
set -euo pipefail
. "${BASH_SOURCE[0]%/*}/measure.sh"
sizes=("$@")
((${#sizes[@]})) || sizes=(250 500 1000)
rounds=${ROUNDS:-9}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# workspace N DIR: s0 … s(N-1), each copies a file of its own.
workspace() {
  mkdir -p "$2/src"
  {
    printf '{ "name": "steps", "steps": {'
    for ((i = 0; i < $1; i++)); do
      printf '%s\n  "s%d": { "run": ["cp", "src/s%d.txt", "out/o%d.txt"], "reads": ["src/s%d.txt"], "writes": ["out/o%d.txt"] }' "$([[ $i == 0 ]] || echo ,)" $i $i $i $i $i
      echo "$i" >"$2/src/s$i.txt"
    done
    printf '\n} }\n'
  } >"$2/nuke.json"
}

for n in "${sizes[@]}"; do
  warm=() first=() spawn=() nothing=() hello=()
  # Three first builds, each in a fresh workspace, beside the bare processes.
  for ((r = 0; r < 3; r++)); do
    workspace "$n" "$folder/$n-$r"
    # Nothing is deleted before the end: ext4 makes files slowly for some seconds after many were.
    cp -r "$folder/$n-$r" "$folder/$n-$r-bare"
    elapsed spawn dotnet "$peers" spawn "$folder/$n-$r-bare" "$n"
    elapsed first "$root/build.sh" Train --root "$folder/$n-$r"
  done
  cd "$folder/$n-0"
  elapsed warm "$root/build.sh" Train
  for ((r = 0; r < rounds; r++)); do
    elapsed nothing "$root/build.sh" Train
    elapsed hello dotnet "$peers"
  done
  cd "$root"
  f=$(median "${first[@]}") s=$(median "${spawn[@]}") o=$(median "${nothing[@]}") h=$(median "${hello[@]}")
  echo "$n steps: first build $f ms ($(ratio "$f" "$n") ms a step), same processes from C# $s ms, ratio $(ratio "$f" "$s") (aim 1.5);" \
    "nothing to do $o ms, hello world $h ms, ratio $(ratio "$o" "$h") (must be at most 4)"
done
