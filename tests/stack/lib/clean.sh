# Ends and removes everything of a stack, whether it was left by `down`, by a failed `up` or by a kill -9 of all of it.
# shellcheck shell=bash

kill_recorded() {
  local file pid since
  [[ -e $MARK ]] || return 0
  for file in "$PIDS"/*; do
    [[ -f $file ]] || continue
    read -r pid since <"$file" || continue
    if [[ $(started_at "$pid") == "$since" ]]; then
      kill -KILL "$pid" 2>/dev/null || true
    fi
  done
}

unmount_all() {
  local point
  # Deepest first; the table writes a space as \040.
  while read -r point; do
    umount --lazy "$(printf '%b' "$point")"
  done < <(awk -v folder="$STATE/" 'index($2, folder) == 1 { print $2 }' /proc/mounts | sort -r)
}

# The data go with the stack, so nothing gains from an orderly end, and one way of ending is one that every `down` tests.
clean() {
  kill_recorded
  kill_groups
  unmount_all
  remove_groups
  remove_network
  if [[ -e $MARK ]]; then
    rm -rf --one-file-system "$STATE"
  fi
}

require_own_folder() {
  if [[ -e $STATE && ! -e $MARK && -n $(ls -A "$STATE" 2>/dev/null || echo "not a folder") ]]; then
    fail "$STATE exists and is no stack's folder; it would be deleted later, so another is needed (OSTLER_STACK_DIR)"
  fi
}
