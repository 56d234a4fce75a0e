# Sourced by build.sh when the host is out of date: builds it into .artifacts/hosts/N and points .artifacts/host at it.
# A running host keeps the folder that it was started from, so that it never sees half of another build.

fail() { # code, what, why, mend
  printf '%s error: %s\n  why:   %s\n  mend:  %s\n' "$1" "$2" "$3" "$4" >&2
  exit 1
}

artifacts=$(cd "$root" && pwd -P)/.artifacts
wanted=$(sed -n 's/.*"version": *"\([0-9.]*\).*/\1/p' "$root/global.json")
mend="install the .NET SDK $wanted (https://dotnet.microsoft.com/download), or set DOTNET_ROOT to the folder that holds it"
command -v "$dotnet" >/dev/null ||
  fail MLO9081 "dotnet is not installed" "neither DOTNET_ROOT, PATH nor ~/.dotnet has it" "$mend"
# dotnet itself reads global.json; it fails when no SDK satisfies it.
(cd "$root" && "$dotnet" --version) >/dev/null 2>&1 ||
  fail MLO9082 "no .NET SDK fits global.json" \
    "it asks for $wanted or a later feature band of it; installed: $("$dotnet" --list-sdks | sed 's/ .*//' | tr '\n' ' ')" "$mend"

mkdir -p "$artifacts/hosts" || fail MLO9083 "the host cannot be built" "$artifacts cannot be written" "make the folder writable"
if command -v flock >/dev/null; then
  exec 9>"$artifacts/hosts/lock"
  flock -n 9 || { echo "waiting for another build" >&2; flock 9; }
  unlock() { exec 9>&-; }
else
  lock=$artifacts/hosts/lock.dir
  unlock() { rm -rf "$lock"; }
  until mkdir "$lock" 2>/dev/null; do
    # A lock whose owner is gone was left by a kill.
    owner=$(cat "$lock/pid" 2>/dev/null)
    if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then rm -rf "$lock"; continue; fi
    [ -n "$waiting" ] || { echo "waiting for another build" >&2; waiting=yes; }
    sleep 1
  done
  echo $$ >"$lock/pid"
  trap unlock EXIT
  trap 'exit 130' INT TERM
fi

if changed; then
  previous=$(readlink "$artifacts/host" 2>/dev/null)
  previous=${previous##*/}
  n=$((${previous:-0} + 1))
  while [ -e "$artifacts/hosts/$n" ]; do n=$((n + 1)); done
  new=$artifacts/hosts/$n
  log=$artifacts/hosts/build.log
  first=
  [ -d "$artifacts/hostbuild" ] || first=" (first time: about a minute)"
  echo "building the host$first…" >&2
  mkdir "$new"
  # What changes while the compiler runs is newer than its start: the next command builds again.
  : >"$new/stamp"
  publish() {
    DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en \
      "$dotnet" msbuild "$root/build/host/Host.proj" -nologo -v:q -nodeReuse:false -clp:NoSummary \
      "-p:HostDirectory=$new/" "-p:HostReadyToRun=$1" >"$log" 2>&1 9>&-
  }
  if ! publish true; then
    # Crossgen and the runtime packs are packages of their own; not every platform and feed has them.
    if grep -Eq 'NU110[0-3].*(Crossgen|App\.Runtime)|NU1301|NETSDK1094|NETSDK1083' "$log" && publish false; then
      echo "note: ReadyToRun is not to be had here (see $log): the host starts more slowly, all else is the same" >&2
    else
      grep -E 'error|warning' "$log" | sort -u >&2 || cat "$log" >&2
      rm -rf "$new"
      unlock
      fail MLO9084 "the host does not compile" "the compiler's messages stand above" "mend what they name; git status and git diff tell what changed here"
    fi
  fi
  # rename(2) over the old link is atomic; mv -T is GNU's, -h BSD's way not to follow it.
  ln -s "hosts/$n" "$artifacts/host.$$"
  mv -Tf "$artifacts/host.$$" "$artifacts/host" 2>/dev/null || mv -hf "$artifacts/host.$$" "$artifacts/host"
  # Older hosts go, but the last one (a command may just be starting it) and those that a process runs from (a service in the background).
  for old in "$artifacts"/hosts/*/; do
    old=${old%/}
    case ${old##*/} in "$n" | "$previous" | lock.dir) continue ;; esac
    if [ -d /proc/self ]; then
      grep -qsF "$old/" /proc/[0-9]*/maps && continue
    elif [ $((n - ${old##*/})) -le 3 ]; then
      continue
    fi
    rm -rf "$old"
  done
fi
unlock
trap - EXIT INT TERM
