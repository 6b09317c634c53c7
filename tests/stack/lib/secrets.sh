# Draws the passwords of one run; each stack has its own, so that none can be written into a test or an example.
# shellcheck shell=bash

make_secrets() {
  local name
  mkdir -m 700 "$SECRETS"
  for name in postgres ostler odoo replicator redis registry s3-key s3-secret; do
    openssl rand -hex 16 | tr -d '\n' >"$SECRETS/$name"
  done
}

secret() { cat "$SECRETS/$1"; }
