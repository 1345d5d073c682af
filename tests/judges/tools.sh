# What the judges share. Sourced, not run.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
home=$root/target/judges
mkdir -p "$home"
cd "$root" || exit 1
# shellcheck source=deploy/setup
. deploy/setup

# Ends with 3: this judge cannot be had here, and why.
not_here() {
  printf '%s\n' "$1"
  exit 3
}

# Installs Debian packages where they are missing and may be installed. $1 = the program that shows it.
need() {
  local program=$1
  shift
  command -v "$program" >/dev/null && return
  may_install || not_here "missing: $*. Run: sudo apt-get install --no-install-recommends $*"
  apt_install "$@" || not_here "could not install $*"
}
