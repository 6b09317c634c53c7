# Tells the person at the terminal what goes on, always on standard error.
# shellcheck shell=bash

say() { printf 'stack: %s\n' "$*" >&2; }

fail() {
  say "$*"
  exit 1
}

require_root() {
  ((EUID == 0)) || fail "needs root, for it makes network namespaces, control groups and containers"
}

# Only one script may start or end stacks of a checkout at a time. A folder can be locked too, and leaves no lock file behind.
take_turn() {
  exec 9<"$STACK_SOURCE"
  flock --nonblock 9 && return 0
  say "waits for another up or down of this checkout"
  flock --timeout 900 9 || fail "another up or down of this checkout did not end within 15 minutes"
}
