# Names everything a stack owns: its folder, its network, its control groups, and the cache it shares with other stacks.
# shellcheck shell=bash disable=SC2034  # the names are for the scripts that source this file

STACK_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
CHECKOUT=$(cd "$STACK_SOURCE/../.." && pwd -P)

# Two checkouts on one machine must not meet, so what is visible outside the network carries a suffix made of the checkout's path.
SUFFIX=${OSTLER_STACK_SUFFIX:-$(printf %s "$CHECKOUT" | sha256sum | cut -c1-6)}
if [[ ! $SUFFIX =~ ^[a-z0-9]{1,16}$ ]]; then
  echo "stack: OSTLER_STACK_SUFFIX must be 1 to 16 lower-case letters or digits, not '$SUFFIX'" >&2
  exit 2
fi

STATE=${OSTLER_STACK_DIR:-/var/tmp/ostler-stack-$SUFFIX}
case $STATE in
  # The node's processes see their own /run, /var/lib and /var/log (lib/node.sh), so the folder they share must lie elsewhere.
  /run/* | /var/run/* | /var/lib/* | /var/log/*)
    echo "stack: OSTLER_STACK_DIR cannot lie in ${STATE%/*}; take a folder outside /run, /var/lib and /var/log" >&2
    exit 2
    ;;
  # It is written into the configuration of a dozen servers, each with its own way of quoting.
  *[!A-Za-z0-9._/+-]*)
    echo "stack: OSTLER_STACK_DIR may hold only letters, digits and ._/+-, unlike '$STATE'" >&2
    exit 2
    ;;
  /*) ;;
  *)
    echo "stack: OSTLER_STACK_DIR must be an absolute path, not '$STATE'" >&2
    exit 2
    ;;
esac
MARK=$STATE/.ostler-stack

NETWORK=ostler-$SUFFIX
NETWORK_FILE=/run/netns/$NETWORK
# The kubelet's Pods and the stack's own servers, each below one name in every control group hierarchy.
PODS_GROUP=ostler-$SUFFIX
SERVERS_GROUP=ostler-$SUFFIX-servers

CACHE=${OSTLER_CACHE:-$HOME/.cache/ostler}/stack
BUILT=$CACHE/$(cd "$STACK_SOURCE" && cat modules/*/go.mod modules/*/go.sum modules/*/tools.go \
  pause/* tokens/* lib/binaries.sh lib/image_archive.sh | sha256sum | cut -c1-16)
BIN=$BUILT/bin

PKI=$STATE/pki
LOGS=$STATE/log
PIDS=$STATE/pid
SECRETS=$STATE/secret
NODE=$STATE/node
KUBECONFIG_ADMIN=$STATE/kubeconfig

# The node's address in the stack's network; inside it every stack uses the same, for no two stacks share a network.
NODE_IP=10.99.0.1
API_URL=https://$NODE_IP:6443
ZONE=zone-a
