# Keeps the stack's processes in control groups of their own, which is how the stack later knows for sure what it started.
# shellcheck shell=bash

# Version 1 has one hierarchy for each controller, version 2 a single one.
hierarchies() {
  if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
    echo /sys/fs/cgroup
    return 0
  fi
  local hierarchy
  for hierarchy in /sys/fs/cgroup/*/; do
    [[ -w ${hierarchy}cgroup.procs && ! -L ${hierarchy%/} ]] && echo "${hierarchy%/}"
  done
}

# One hierarchy is enough to find the servers again.
servers_group() {
  if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
    echo "/sys/fs/cgroup/$SERVERS_GROUP"
  else
    echo "/sys/fs/cgroup/pids/$SERVERS_GROUP"
  fi
}

join_servers() { echo "$BASHPID" >"$(servers_group)/cgroup.procs"; }

make_groups() {
  local hierarchy file
  mkdir -p "$(servers_group)"
  for hierarchy in $(hierarchies); do
    mkdir -p "$hierarchy/$PODS_GROUP"
    # A new cpuset has no processor and no memory until it is given some.
    for file in cpuset.cpus cpuset.mems; do
      if [[ $hierarchy == */cpuset && -e $hierarchy/$file ]]; then
        cat "$hierarchy/$file" >"$hierarchy/$PODS_GROUP/$file"
      fi
    done
  done
}

group_folders() {
  local hierarchy
  for hierarchy in $(hierarchies); do
    find "$hierarchy/$PODS_GROUP" "$hierarchy/$SERVERS_GROUP" -depth -type d 2>/dev/null || true
  done
}

# Here and below `return` always says 0: in a trap a bare one would hand on the failure that the trap came from.
kill_groups() {
  local folder pids tries
  for ((tries = 0; tries < 200; tries++)); do
    pids=$(group_folders | while read -r folder; do cat "$folder/cgroup.procs" 2>/dev/null || true; done | sort -u)
    if [[ -z $pids ]]; then
      return 0
    fi
    # shellcheck disable=SC2086  # one word for each pid
    kill -KILL $pids 2>/dev/null || true
    sleep 0.05
  done
  say "these processes of the stack do not end: $pids"
  return 1
}

remove_groups() {
  local tries
  for ((tries = 0; tries < 100; tries++)); do
    group_folders | xargs --no-run-if-empty rmdir 2>/dev/null || true
    if [[ -z $(group_folders) ]]; then
      return 0
    fi
    sleep 0.05
  done
  say "these control groups cannot be removed: $(group_folders | tr '\n' ' ')"
  return 1
}
