# Sourced by the set-up scripts: how they speak, and how they get a Debian package.

cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '==> %s\n' "$*"; }

die() {
  printf '\nCannot go on: %s\n' "$*" >&2
  exit 1
}

has_apt() {
  command -v apt-get >/dev/null && grep -qE '^ID(_LIKE)?=.*(debian|ubuntu)' /etc/os-release
}

# need_packages WHY PACKAGE...: installs Debian packages, or says which command would.
need_packages() {
  local why=$1
  shift
  has_apt || die "$why. Install: $*"
  [ "$(id -u)" = 0 ] || die "$why. Type:  sudo apt-get install -y $*"
  say "Installing $* ($why)"
  export DEBIAN_FRONTEND=noninteractive
  local install=(apt-get install -y -qq --no-install-recommends "$@")
  "${install[@]}" </dev/null >/dev/null 2>&1 && return
  apt-get update -qq </dev/null
  "${install[@]}" </dev/null >/dev/null
}
