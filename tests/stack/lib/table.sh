# Knows every server of the stack: its version, its address, and how to ask whether it is ready.
# shellcheck shell=bash

# Name, where the version is pinned (a Go module's folder and path, or a Debian package), address.
SERVERS='
etcd                    etcd=go.etcd.io/etcd/server/v3                        127.0.0.1:2379
kube-apiserver          kubernetes=k8s.io/kubernetes                          10.99.0.1:6443
kube-controller-manager kubernetes=k8s.io/kubernetes                          127.0.0.1:10257
kube-scheduler          kubernetes=k8s.io/kubernetes                          127.0.0.1:10259
containerd              containerd                                            -
kubelet                 kubernetes=k8s.io/kubernetes                          10.99.0.1:10250
kwok                    kwok=sigs.k8s.io/kwok                                 127.0.0.1:10247
traefik                 traefik=github.com/traefik/traefik/v3                 -
registry-staging        registry=github.com/distribution/distribution/v3      127.0.0.1:5000
registry-production     registry=github.com/distribution/distribution/v3      127.0.0.1:5001
registry-tokens         -                                                     127.0.0.1:5002
postgres-primary        postgresql-15                                         127.0.0.1:5432
postgres-replica        postgresql-15                                         127.0.0.1:5433
redis                   redis-server                                          127.0.0.1:6379
s3                      versitygw=github.com/versity/versitygw                127.0.0.1:7070
prometheus              prometheus=github.com/prometheus/prometheus           127.0.0.1:9090
'

servers() { awk 'NF { print $1 }' <<<"$SERVERS"; }

# shellcheck disable=SC2016  # the format is dpkg's own
version() { # where it is pinned
  case $1 in
    -) echo "-" ;;
    *=*) pinned "${1%%=*}" "${1#*=}" ;;
    # Debian adds to a version how it repacked the source.
    *) dpkg-query --show --showformat '${source:Upstream-Version}' "$1" | sed 's/[~+].*//' ;;
  esac
}

answers() { inside curl --silent --fail --output /dev/null --max-time 5 --cacert "$PKI/ca.crt" "$@"; }

api() { answers --cert "$PKI/admin.crt" --key "$PKI/admin.key" "$API_URL$1"; }

# The API tells of a node or a Deployment more than whether it exists, and kubectl would take longer to start than to ask.
api_says() { # path, what jq must find true
  inside curl --silent --fail --max-time 5 --cacert "$PKI/ca.crt" --cert "$PKI/admin.crt" --key "$PKI/admin.key" "$API_URL$1" |
    jq --exit-status "$2"
}

sql_says_true() { # port, query
  [[ $(PGCONNECT_TIMEOUT=3 inside psql --no-psqlrc --tuples-only --no-align --command "$2" \
    "$(postgres_url postgres "$1" postgres)" 2>/dev/null) == t ]]
}

ready() { # name
  case $1 in
    etcd) answers http://127.0.0.1:2379/health ;;
    kube-apiserver) api /readyz ;;
    kube-controller-manager) answers --insecure https://127.0.0.1:10257/healthz ;;
    kube-scheduler) answers --insecure https://127.0.0.1:10259/readyz ;;
    containerd) ctr --address "$CONTAINERD_SOCKET" --connect-timeout 2s version ;;
    kubelet) api_says /api/v1/nodes/node-a 'any(.status.conditions[]; .type == "Ready" and .status == "True")' ;;
    kwok) api_says /api/v1/nodes '[.items[] | select(.metadata.annotations["kwok.x-k8s.io/node"] == "fake")
            | select(any(.status.conditions[]?; .type == "Ready" and .status == "True"))] | length == 3' ;;
    traefik) api_says /apis/apps/v1/namespaces/traefik/deployments/traefik \
      '.status.observedGeneration == .metadata.generation and .status.readyReplicas == .spec.replicas
       and .status.updatedReplicas == .spec.replicas' ;;
    registry-staging) answers http://127.0.0.1:5000/v2/ ;;
    # It is up when it refuses whom it does not know.
    registry-production) [[ $(answers --write-out '%{http_code}' https://127.0.0.1:5001/v2/) == 401 ]] ;;
    registry-tokens) answers https://127.0.0.1:5002/healthz ;;
    postgres-primary) sql_says_true 5432 'SELECT NOT pg_is_in_recovery()' ;;
    postgres-replica) sql_says_true 5433 "SELECT pg_is_in_recovery() AND EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')" ;;
    redis) [[ $(REDISCLI_AUTH=$(secret redis) inside redis-cli -h 127.0.0.1 -p 6379 ping) == PONG ]] ;;
    s3) answers http://127.0.0.1:7070/health ;;
    prometheus) answers http://127.0.0.1:9090/-/ready ;;
    *) return 1 ;;
  esac
}

# Traefik runs as Pods, so no process of it is the stack's own to watch.
up_and_ready() { # name
  { [[ $1 == traefik ]] || running "$1"; } && ready "$1" >/dev/null 2>&1
}

# Asked all at once, for the answers do not depend on each other.
unready_servers() {
  local name
  for name in $(servers); do
    (up_and_ready "$name" || echo "$name") &
  done
  wait
}
