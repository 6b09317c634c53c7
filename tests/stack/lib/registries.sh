# Starts the two registries and the token server of the second: staging is open to all, production lets one user push.
# shellcheck shell=bash

registry_config() { # name, port, further settings
  mkdir -p "$STATE/registry/$1"
  cat >"$STATE/registry/$1.yaml" <<YAML
version: 0.1
log: {level: info, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: $STATE/registry/$1}
  delete: {enabled: true}
  maintenance: {uploadpurging: {enabled: false}}
http:
  addr: 127.0.0.1:$2
  secret: $(secret registry)
$3
YAML
  chmod 600 "$STATE/registry/$1.yaml"
}

start_registries() {
  registry_config staging 5000 ""
  # A name, for clients distrust a registry that sends them with their password to some private address.
  registry_config production 5001 "  tls: {certificate: $PKI/server.crt, key: $PKI/server.key}
auth:
  token: {realm: \"https://localhost:5002/token\", service: production, issuer: stack, rootcertbundle: $PKI/tokens.crt}"
  # Otherwise each registry tries to send traces to a collector that does not exist.
  start registry-staging env OTEL_TRACES_EXPORTER=none registry serve "$STATE/registry/staging.yaml"
  start registry-production env OTEL_TRACES_EXPORTER=none registry serve "$STATE/registry/production.yaml"
  start registry-tokens tokens -listen 127.0.0.1:5002 -issuer stack -service production \
    -user ostler -password-file "$SECRETS/registry" -tls-cert "$PKI/server.crt" -tls-key "$PKI/server.key" \
    -sign-cert "$PKI/tokens.crt" -sign-key "$PKI/tokens.key"
  await registry-staging 30
  await registry-production 30
  await registry-tokens 30
}
