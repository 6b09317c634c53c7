# What the shop's scripts share. They need the stack's variables (tests/stack/enter) and the administrator's rights.
# shellcheck shell=bash

SHOP=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
SHOP_BUILT=${OSTLER_CACHE:-$HOME/.cache/ostler}/stack/shop-$(cd "$SHOP" &&
  find cmd internal image go.mod go.sum build -type f ! -name '*_test.go' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)
SPACE=odoo-pool-a
STAGING=127.0.0.1:5000/retail/odoo
PRODUCTION=127.0.0.1:5001/retail/odoo
TENANTS=(alma brio cedro)
TEMPLATE=shop_template

fail() {
  echo "shop: $*" >&2
  exit 1
}

# Runs the script again inside the stack when it was called from outside.
inside_stack() {
  [[ -n ${OSTLER_PG_ADMIN-} ]] || exec "$SHOP/../enter" "$0" "$@"
  export KUBECONFIG=${KUBECONFIG_ADMIN:-$KUBECONFIG}
}

# Sets PG_PASSWORD, role odoo's, and REDIS_URL as Pods reach it.
read_secrets() {
  [[ $OSTLER_PG_OWNER =~ ^postgres(ql)?://odoo:([^@]*)@ ]] || fail "OSTLER_PG_OWNER names no password of role odoo"
  PG_PASSWORD=${BASH_REMATCH[2]}
  REDIS_URL=${OSTLER_REDIS/127.0.0.1/10.99.0.1}
}

admin() { psql --no-psqlrc --quiet --no-align --tuples-only --set ON_ERROR_STOP=1 "$OSTLER_PG_ADMIN" "$@"; }
owner() { psql --no-psqlrc --quiet --no-align --tuples-only --set ON_ERROR_STOP=1 "$OSTLER_PG_OWNER" "$@"; }
odoo() { SHOP_ROOT=$SHOP_BUILT/root-1 HOST=127.0.0.1 USER=odoo PASSWORD=$PG_PASSWORD "$SHOP_BUILT/odoo-shop" "$@"; }

digest() { jq --raw-output --arg tag "$1" '.[$tag]' "$SHOP_BUILT/images.json"; }

# Staging gets every version, production the one that runs. The first push brings the layers that all versions share.
push_images() {
  local tag pids=()
  crane push "$SHOP_BUILT/1" "$STAGING:1"
  SSL_CERT_FILE=$OSTLER_STACK_CA crane push "$SHOP_BUILT/1" "$PRODUCTION:1" &
  pids+=($!)
  for tag in $(jq --raw-output 'keys[] | select(. != "1")' "$SHOP_BUILT/images.json"); do
    crane push "$SHOP_BUILT/$tag" "$STAGING:$tag" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do
    wait "$pid" || fail "an image could not be pushed"
  done
  cp "$SHOP_BUILT/images.json" "$OSTLER_STACK_DIR/images.json"
}

# The template has image 1's modules, a robot user, an open till and some old orders. Being a template, it is no tenant to anybody.
make_template() {
  local made
  made=$(admin --command "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '$TEMPLATE'")
  [[ $made == "$SHOP_BUILT" ]] && return
  admin <<SQL
UPDATE pg_database SET datistemplate = false WHERE datname = '$TEMPLATE';
DROP DATABASE IF EXISTS $TEMPLATE WITH (FORCE);
CREATE DATABASE $TEMPLATE OWNER odoo;
GRANT odoo, pg_read_all_data TO ostler;
SQL
  odoo --database="$TEMPLATE" --init=pos_retail --stop-after-init --no-http
  odoo seed -d "$TEMPLATE"
  admin --command "UPDATE pg_database SET datistemplate = true WHERE datname = '$TEMPLATE'" \
    --command "COMMENT ON DATABASE $TEMPLATE IS '$SHOP_BUILT'"
}

# Removes every database that tenants or tests may have left, and makes the tenants anew.
make_tenants() {
  local db
  for db in $(admin --command "SELECT datname FROM pg_database JOIN pg_roles r ON r.oid = datdba
      WHERE rolname IN ('odoo', 'ostler') AND datname NOT IN ('saas', '$TEMPLATE')"); do
    admin --command "DROP DATABASE IF EXISTS \"$db\" WITH (FORCE)"
  done
  for db in "${TENANTS[@]}"; do
    # Each shop has a uuid and a secret of its own.
    admin --command "CREATE DATABASE $db TEMPLATE $TEMPLATE OWNER odoo" --command "GRANT CONNECT ON DATABASE $db TO ostler"
    odoo_sql "$db" "UPDATE ir_config_parameter SET value = gen_random_uuid() WHERE key IN ('database.uuid', 'database.secret')"
  done
  owner --command "DELETE FROM saas.tenant" --command "INSERT INTO saas.tenant (name, pool, host)
    SELECT name, 'a', name || '.shop.example' FROM unnest(string_to_array('${TENANTS[*]}', ' ')) AS name"
}

odoo_sql() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 "${OSTLER_PG_OWNER/\/saas/\/$1}" --command "$2"; }

# The queue looks for its databases when it starts, so they are there first.
databases() { make_template && make_tenants; }

forget_sessions() {
  [[ $OSTLER_REDIS =~ ^redis://:([^@]*)@([^:]*):([0-9]+) ]] || fail "OSTLER_REDIS is not redis://:PASSWORD@HOST:PORT"
  REDISCLI_AUTH=${BASH_REMATCH[1]} redis-cli -h "${BASH_REMATCH[2]}" -p "${BASH_REMATCH[3]}" FLUSHDB
}

manifests() { sed "s|SHOP_IMAGE|$PRODUCTION@$(digest 1)|" "$SHOP"/manifests/*.yaml; }

make_secrets() {
  kubectl --namespace "$SPACE" create secret generic odoo-db --from-literal=HOST=10.99.0.1 --from-literal=PORT=5432 \
    --from-literal=USER=odoo --from-literal=PASSWORD="$PG_PASSWORD" --dry-run=client --output yaml | kubectl apply --filename -
  kubectl --namespace "$SPACE" create secret generic odoo-redis --from-literal=ODOO_SESSION_REDIS_URL="$REDIS_URL" \
    --dry-run=client --output yaml | kubectl apply --filename -
}

await_workloads() {
  local name
  for name in odoo-web odoo-cron odoo-queue; do
    kubectl --namespace "$SPACE" rollout status "deployment/$name" --timeout=60s
  done
}

# Waits until each proxy sends everything to the Pods that are ready now, and to no others.
await_proxies() {
  local deadline=$((SECONDS + 30)) proxy want
  for proxy in $(kubectl --namespace traefik get pods --selector app=traefik \
    --output jsonpath='{range .items[?(@.status.phase=="Running")]}{.status.podIP}{"\n"}{end}'); do
    while :; do
      want=$(kubectl --namespace "$SPACE" get endpointslices --selector kubernetes.io/service-name=odoo-web --output json |
        jq --compact-output '[.items[].endpoints[]? | select(.conditions.ready) | "http://\(.addresses[0]):8069"] | sort')
      proxy_has "$proxy" "$want" && break
      ((SECONDS < deadline)) || fail "the proxy at $proxy has not loaded $want"
      sleep 0.2
    done
  done
}

proxy_has() { # address, sorted list of servers
  curl --silent --max-time 2 "http://$1:8080/api/http/services" | jq --exit-status --argjson want "$2" '
    (map(select(.name == "odoo-pool-a-odoo-web@kubernetescrd"))[0].weighted.services
      | length == 1 and .[0].weight == 100 and .[0].name == "odoo-pool-a-odoo-web-8069") and
    (map(select(.name == "odoo-pool-a-odoo-web-8069@kubernetescrd"))[0].loadBalancer.servers | map(.url) | sort) == $want' >/dev/null
}

# Waits until every tenant answers through its own registry.
await_tenants() {
  local db deadline=$((SECONDS + 30)) pod
  for pod in $(kubectl --namespace "$SPACE" get pods --selector app=odoo-web --output jsonpath='{.items[*].status.podIP}'); do
    for db in "${TENANTS[@]}"; do
      until curl --silent --fail --max-time 5 --output /dev/null --header "Host: $db.shop.example" "http://$pod:8069/web/login"; do
        ((SECONDS < deadline)) || fail "$db does not answer at $pod"
        sleep 0.2
      done
    done
  done
}
