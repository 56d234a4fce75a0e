#!/bin/sh
# Writes src/MlOps.Packaging/Images/debian-12.json anew: the packages of the image's default base, in the newest versions that apt knows here.
# Call it on Debian 12 (amd64) after apt-get update; the diff is the update. Every image gets another digest by it.
set -eu
cd "$(dirname "$0")/.."
list=src/MlOps.Packaging/Images/debian-12.json
# What .NET needs of a system (libc6, libgcc-s1, libstdc++6; libssl3 for SHA-256), what TLS and time zones need, and what tells scanners and lawyers what is there.
packages="base-files ca-certificates gcc-12-base libc6 libgcc-s1 libssl3 libstdc++6 tzdata"
{
  printf '{\n  "name": "debian:12",\n  "packages": ['
  comma=
  for package in $packages; do
    printf '%s\n    {\n' "$comma"
    path=$(apt-get download --print-uris "$package" | sed -E "s|^'[a-z]+://[^/]*/([^']*)' .*|\1|")
    apt-cache show --no-all-versions "$package" | awk -v path="$path" '
      /^Package: / { name = $2 } /^Version: / { version = $2 } /^Size: / { size = $2 } /^SHA256: / { sha = $2 }
      END { printf "      \"name\": \"%s\",\n      \"version\": \"%s\",\n      \"path\": \"%s\",\n      \"size\": %s,\n      \"digest\": \"sha256:%s\"\n", name, version, path, size, sha }'
    printf '    }'
    comma=,
  done
  printf '\n  ]\n}\n'
} >"$list.new"
mv "$list.new" "$list"
