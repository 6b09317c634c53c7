# Makes the stack's network: a namespace that no port of the machine reaches and from which nothing reaches out.
# shellcheck shell=bash

# Not `ip netns exec`: that mounts a fresh /sys, and the kubelet then finds no control groups.
inside() { nsenter --net="$NETWORK_FILE" "$@"; }

make_network() {
  ip netns add "$NETWORK"
  inside ip link set lo up
  # The API refuses loopback addresses as endpoints, so the node's address lives on a bridge that has no ports.
  inside ip link add stk0 type bridge
  inside ip address add "$NODE_IP/24" dev stk0
  inside ip link set stk0 up
  inside sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
}

remove_network() {
  if [[ -e $NETWORK_FILE ]]; then
    local others
    others=$(ip netns pids "$NETWORK" | tr '\n' ' ')
    if [[ -n $others ]]; then
      say "processes that the stack did not start still hold its network: $others"
    fi
    ip netns delete "$NETWORK"
  fi
}
