# What quickstart, run-tests and .ci/run share: packages, builds, and the words for what a machine cannot do.
# shellcheck shell=bash

HOUSE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export OSTLER_CACHE=${OSTLER_CACHE:-$HOME/.cache/ostler}
export CCACHE_DIR=${CCACHE_DIR:-$OSTLER_CACHE/ccache}

say() { printf '\n== %s\n' "$*" >&2; }
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# The packages of the list in $1 that are not installed.
missing_packages() {
  local name
  grep -v '^#' "$1" | while read -r name; do
    [[ -z $name ]] || dpkg-query --show --showformat='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || echo "$name"
  done
}

# Installs what is missing from the lists given, or says what is missing where it may not.
install_packages() {
  command -v dpkg-query >/dev/null || fail "this is no Debian; install by hand what stands in: $*"
  local missing list
  missing=$(for list in "$@"; do missing_packages "$list"; done | sort -u | tr '\n' ' ')
  [[ -n ${missing// /} ]] || return 0
  [[ $(id -u) == 0 ]] || fail "these packages are missing; install them as root: apt-get install $missing"
  say "installing $missing"
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086  # a list of names on purpose
  if ! apt-get -qq -o DPkg::Lock::Timeout=600 update </dev/null ||
    ! apt-get -qq -o DPkg::Lock::Timeout=600 install --no-install-recommends $missing </dev/null >/dev/null; then
    fail "the packages could not be installed"
  fi
}

# Configures and builds a preset; further arguments are targets.
build() {
  local preset=$1
  shift
  mkdir -p "$HOUSE/build"
  cmake --preset "$preset" -S "$HOUSE" -B "$HOUSE/build/$preset" >"$HOUSE/build/$preset.configure.log" 2>&1 ||
    { tail -20 "$HOUSE/build/$preset.configure.log" >&2; fail "configuring the preset '$preset' failed"; }
  cmake --build "$HOUSE/build/$preset" --target "$@"
}

# Why the real stack cannot run on this machine, or nothing.
why_no_stack() {
  if [[ $(id -u) != 0 ]]; then
    echo "not root"
  elif ! command -v go >/dev/null && [[ ! -x /usr/local/go/bin/go ]]; then
    echo "no Go"
  elif [[ $(uname -s) != Linux ]]; then
    echo "not Linux"
  fi
}
