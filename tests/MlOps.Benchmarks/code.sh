#!/usr/bin/env bash
# Models' own C#: a comment in a model's file until Train says that nothing else reruns, beside `dotnet build` of a project of the same file; nothing to do with code
# and without; and the fingerprint of a program of 100,000 methods. Medians, interleaved.
set -euo pipefail
. "${BASH_SOURCE[0]%/*}/measure.sh"
rounds=${ROUNDS:-10}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# workspace FOLDER CODE: one model of 200 rows; with CODE a prepared table and a computed feature.
workspace() {
  mkdir -p "$1/models/m"
  echo '{ "name": "w", "data": { "rows": { "path": "models/m/rows.csv" } } }' >"$1/nuke.json"
  { echo 'x,z,y'; for ((i = 0; i < 200; i++)); do echo "$((i * 37 % 101)),$((i % 7)),$((i % 13))"; done; } >"$1/models/m/rows.csv"
  local prepare='' feature=''
  if [ "$2" = code ]; then
    prepare='"prepare": [ { "code": "M.Clean" } ],' feature=', "sum": { "code": "M.Sum", "from": ["x", "z"], "kind": "numeric" }'
    printf '%s\n' 'using MlOps.Data;' 'public static class M' '{' '    public static Frame Clean(Frame table) => table;' '    public static double Sum(double x, double z) => x + z;' '}' >"$1/models/m/M.cs"
  fi
  echo "{ \"task\": \"regression\", \"data\": \"rows\", \"label\": \"y\", $prepare \"features\": { \"x\": \"numeric\"$feature }, \"trainer\": { \"name\": \"linear\" } }" >"$1/models/m/model.json"
  (cd "$1" && "$root/build.sh" Train >/dev/null 2>&1)
}

train() { (cd "$1" && "$root/build.sh" Train); }

workspace "$work/code" code
workspace "$work/plain" plain
mkdir "$work/peer"
cp "$work/code/models/m/M.cs" "$work/peer/"
cat >"$work/peer/peer.csproj" <<XML
<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings><Nullable>enable</Nullable></PropertyGroup>
<ItemGroup><Reference Include="$root/.artifacts/host/MlOps.Data.dll" /></ItemGroup></Project>
XML
dotnet build "$work/peer" -v q -nologo >/dev/null
train "$work/code" >/dev/null
edited=() built=() coded=() plain=()
for ((i = 0; i < rounds; i++)); do
  echo "// $i" >>"$work/code/models/m/M.cs"
  elapsed edited train "$work/code"
  echo "// $i" >>"$work/peer/M.cs"
  elapsed built dotnet build "$work/peer" -v q -nologo --no-restore
  elapsed coded train "$work/code"
  elapsed plain train "$work/plain"
done
e=$(median "${edited[@]}") b=$(median "${built[@]}")
echo "a comment in a model's file: Train $e ms (must be at most 2500), dotnet build $b ms, ratio $(ratio "$e" "$b")"
c=$(median "${coded[@]}") p=$(median "${plain[@]}")
echo "nothing to do: with code $c ms, without $p ms, ratio $(ratio "$c" "$p")"
echo "// last" >>"$work/code/models/m/M.cs"
TIMEFORMAT="CPU of the edit: %U user + %S system seconds"
time train "$work/code" >/dev/null 2>&1
read -r warm cold members digest < <(dotnet "$peers" members 100000)
echo "fingerprint of $members members: $warm CPU s warm, $cold with the JIT compiler's work (aim 1); $digest"
