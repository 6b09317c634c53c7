# Starts servers in the stack's network, remembers each one's process, and waits until one is ready.
# shellcheck shell=bash

# A process id alone may belong to somebody else by now; together with the moment of its start it cannot.
started_at() { # pid
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  read -r -a stat <<<"${stat##*) }"
  # A process that has ended but was not waited for is no longer a server.
  [[ ${stat[0]} != Z ]] || return 1
  echo "${stat[19]}"
}

start() { # name, command…
  local name=$1 pid
  shift
  (
    # The servers must not hold the lock of the script that starts them.
    exec 9<&-
    join_servers
    # What the caller's environment says of proxies, certificates or credentials is not meant for these servers.
    exec setsid nsenter --net="$NETWORK_FILE" env -i PATH="$BIN:/usr/sbin:/usr/bin:/sbin:/bin" HOME="$STATE" LANG=C.UTF-8 "$@" \
      </dev/null >>"$LOGS/$name.log" 2>&1
  ) &
  pid=$!
  echo "$pid $(started_at "$pid")" >"$PIDS/$name"
}

running() { # name
  local pid since
  read -r pid since 2>/dev/null <"$PIDS/$1" || return 1
  [[ -n $pid && $(started_at "$pid") == "$since" ]]
}

last_lines() { # name
  if [[ -s $LOGS/$1.log ]]; then
    say "the last lines of $LOGS/$1.log:"
    tail -n 20 "$LOGS/$1.log" >&2
  fi
}

# Readiness is asked for, never waited for by the clock.
await() { # name, seconds
  local name=$1 end=$((SECONDS + $2))
  until ready "$name" >/dev/null 2>&1; do
    if [[ -e $PIDS/$name ]] && ! running "$name"; then
      say "$name ended while it started"
      last_lines "$name"
      return 1
    fi
    if ((SECONDS >= end)); then
      say "$name did not come up within $2 seconds"
      last_lines "$name"
      return 1
    fi
    sleep 0.1
  done
}
