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

# Only one script may start or end a stack at a time. The lock lies in the cache, for the stack's own folder comes and goes.
take_turn() {
  mkdir -p "$CACHE"
  exec 9>"$CACHE/$SUFFIX.lock"
  flock --nonblock 9 && return 0
  say "waits for another up or down of this stack"
  flock --timeout 900 9 || fail "another up or down of this stack did not end within 15 minutes"
}
