# Writes the file of environment variables with which `enter`, the shop's deploy and the tests find everything.
# shellcheck shell=bash

write_registry_login() {
  mkdir -m 700 "$STATE/docker"
  jq --null-input --arg login "$(printf 'ostler:%s' "$(secret registry)" | base64 -w0)" \
    '{auths: {"127.0.0.1:5001": {auth: $login}}}' | (umask 077 && cat >"$STATE/docker/config.json")
}

write_environment() {
  local line
  write_registry_login
  for line in \
    KUBECONFIG="$STATE/kubeconfig-ostler" \
    KUBECONFIG_ADMIN="$KUBECONFIG_ADMIN" \
    KUBECONFIG_READER="$STATE/kubeconfig-reader" \
    OSTLER_PG_MAIN="$(postgres_url ostler 5432 saas)" \
    OSTLER_PG_REPLICA="$(postgres_url ostler 5433 saas)" \
    OSTLER_PG_OWNER="$(postgres_url odoo 5432 saas)" \
    OSTLER_PG_ADMIN="$(postgres_url postgres 5432 postgres)" \
    OSTLER_REDIS="redis://:$(secret redis)@127.0.0.1:6379/0" \
    OSTLER_REDIS_TLS="rediss://:$(secret redis)@127.0.0.1:6380/0" \
    OSTLER_S3_KEY="$(secret s3-key)" \
    OSTLER_S3_SECRET="$(secret s3-secret)" \
    OSTLER_REGISTRY_USER=ostler \
    OSTLER_REGISTRY_PASSWORD="$(secret registry)" \
    OSTLER_STACK_CA="$PKI/ca.crt" \
    OSTLER_STACK_DIR="$STATE" \
    OSTLER_STACK_SUFFIX="$SUFFIX" \
    DOCKER_CONFIG="$STATE/docker"; do
    printf 'export %s=%q\n' "${line%%=*}" "${line#*=}"
  done | (umask 077 && cat >"$STATE/env")
  # shellcheck disable=SC2016  # the reader's own PATH
  printf 'export PATH=%q:$PATH\n' "$BIN" >>"$STATE/env"
}
