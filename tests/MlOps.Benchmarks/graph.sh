#!/usr/bin/env bash
# Graphs of N steps, each a cat of its own source and of what the tenth step before it made: nothing to do, one changed leaf and the first build,
# beside ninja, make and snakemake (where installed) on the same graph, and a hello world run by dotnet. Interleaved, medians, milliseconds.
# graph.sh [N…]; default 1000 10000. ROUNDS: how often (default 9). snakemake is left out above 1000 steps: it takes minutes.
set -euo pipefail
. "${BASH_SOURCE[0]%/*}/measure.sh"
sizes=("$@")
((${#sizes[@]})) || sizes=(1000 10000)
rounds=${ROUNDS:-9}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
tools=(ours)
for tool in ninja make snakemake; do command -v $tool >/dev/null && tools+=($tool); done

# sources N I: what step I of N reads.
sources() { printf 'src/s%d.txt' "$2"; (($2 < 10)) || printf ' out/o%d.txt' $(($2 - 10)); }

# graph TOOL N DIR
graph() {
  mkdir -p "$3/src" "$3/out"
  local i reads all=""
  for ((i = 0; i < $2; i++)); do echo "$i" >"$3/src/s$i.txt"; done
  case $1 in
    ours)
      {
        printf '{ "name": "graph", "steps": {'
        for ((i = 0; i < $2; i++)); do
          reads=$(sources "$2" $i)
          printf '%s\n  "s%d": { "run": ["sh", "-c", "cat %s > out/o%d.txt"], "reads": ["%s"], "writes": ["out/o%d.txt"] }' \
            "$([[ $i == 0 ]] || echo ,)" $i "$reads" $i "${reads/ /\", \"}" $i
        done
        printf '\n} }\n'
      } >"$3/nuke.json" ;;
    ninja)
      {
        printf 'rule cat\n  command = cat $in > $out\n'
        for ((i = 0; i < $2; i++)); do echo "build out/o$i.txt: cat $(sources "$2" $i)"; done
      } >"$3/build.ninja" ;;
    make)
      {
        printf 'MAKEFLAGS += -rR\nall:'
        for ((i = 0; i < $2; i++)); do printf ' out/o%d.txt' $i; done
        echo
        for ((i = 0; i < $2; i++)); do printf 'out/o%d.txt: %s\n\tcat $^ > $@\n' $i "$(sources "$2" $i)"; done
      } >"$3/Makefile" ;;
    snakemake)
      {
        printf 'rule all:\n  input: expand("out/o{i}.txt", i=range(%d))\n' "$2"
        for ((i = 0; i < $2; i++)); do
          reads=$(sources "$2" $i)
          printf 'rule r%d:\n  input: "%s"\n  output: "out/o%d.txt"\n  shell: "cat {input} > {output}"\n' $i "${reads/ /\", \"}" $i
        done
      } >"$3/Snakefile" ;;
  esac
}

build() {
  cd "$folder/$2/$1"
  case $1 in
    ours) "$root/build.sh" Train ;;
    ninja) ninja ;;
    make) make -j2 ;;
    snakemake) snakemake -j2 --quiet ;;
  esac
}

hello() { dotnet "$peers"; }
bare() { (cd "$folder/$1/ours" && sh -c "cat src/s0.txt > '$folder/bare'"); }

for n in "${sizes[@]}"; do
  declare -A first=() nothing=() leaf=()
  hellos=() bares=() sample=()
  for tool in "${tools[@]}"; do
    [[ $tool == snakemake && $n -gt 1000 ]] && continue
    graph "$tool" "$n" "$folder/$n/$tool"
    sample=()
    elapsed sample build "$tool" "$n"
    first[$tool]=${sample[0]}
    build "$tool" "$n" >/dev/null 2>&1
  done
  for ((r = 0; r < rounds; r++)); do
    elapsed hellos hello
    elapsed bares bare "$n"
    for tool in "${!first[@]}"; do
      [[ $tool == snakemake && $r -gt 2 ]] && continue
      sample=()
      elapsed sample build "$tool" "$n"
      nothing[$tool]+=" ${sample[0]}"
      # One of the last ten: nobody reads what it makes.
      echo "$r $RANDOM" >"$folder/$n/$tool/src/s$((n - 1 - r % 10)).txt"
      sample=()
      elapsed sample build "$tool" "$n"
      leaf[$tool]+=" ${sample[0]}"
    done
  done
  cd "$root"
  h=$(median "${hellos[@]}") b=$(median "${bares[@]}")
  echo "$n steps; hello world $h ms, the step itself $b ms"
  for tool in "${tools[@]}"; do
    [[ -n ${first[$tool]:-} ]] || continue
    # shellcheck disable=SC2086
    o=$(median ${nothing[$tool]}) l=$(median ${leaf[$tool]})
    line="  $tool: nothing to do $o ms, one changed leaf $l ms, first build $(median "${first[$tool]}") ms"
    if [[ $tool == ours ]]; then
      most=$( ((n > 1000)) && echo 6 || echo 2.5)
      line+="; nothing / hello world $(ratio "$o" "$h") (must be at most $most)"
      line+=", (leaf - the step) / hello world $(awk -v l="$l" -v b="$b" -v h="$h" -v m="$most" 'BEGIN { printf "%.2f (must be at most 1.3 times that: %.2f)", (l - b) / h, 1.3 * m }')"
      line+=", / our own nothing $(awk -v l="$l" -v b="$b" -v o="$o" 'BEGIN { printf "%.2f", (l - b) / o }')"
    fi
    echo "$line"
  done
  unset first nothing leaf
done
