# Makes the stack's certificate authority and every certificate that its servers and users show.
# shellcheck shell=bash

SERVER_NAMES="DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:$NODE_IP,IP:10.96.0.1"

new_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$PKI/$1.key"; }

certificate() { # name, subject, usages, alternative names
  new_key "$1"
  openssl req -x509 -new -key "$PKI/$1.key" -CA "$PKI/ca.crt" -CAkey "$PKI/ca.key" -days 30 -subj "$2" -out "$PKI/$1.crt" \
    -addext "basicConstraints=critical,CA:FALSE" -addext "keyUsage=critical,digitalSignature" -addext "extendedKeyUsage=$3" \
    ${4:+-addext "subjectAltName=$4"}
}

make_certificates() {
  mkdir -p "$PKI"
  new_key ca
  openssl req -x509 -new -key "$PKI/ca.key" -days 30 -subj "/CN=ostler stack $SUFFIX" -out "$PKI/ca.crt" \
    -addext "keyUsage=critical,keyCertSign,cRLSign"
  certificate apiserver "/CN=kube-apiserver" serverAuth,clientAuth "$SERVER_NAMES"
  certificate kubelet "/O=system:nodes/CN=system:node:node-a" serverAuth,clientAuth "$SERVER_NAMES"
  certificate admin "/O=system:masters/CN=admin" clientAuth ""
  # The registries, the token server, PostgreSQL and Redis show the same one.
  certificate server "/CN=127.0.0.1" serverAuth "$SERVER_NAMES"
  # What signs registry tokens is trusted for that alone, so it is not signed by the authority.
  new_key tokens
  openssl req -x509 -new -key "$PKI/tokens.key" -days 30 -subj "/CN=registry tokens" -out "$PKI/tokens.crt"
  openssl genrsa -out "$PKI/service-accounts.key" 2048 2>/dev/null
  openssl rsa -in "$PKI/service-accounts.key" -pubout -out "$PKI/service-accounts.pub" 2>/dev/null
  chmod 600 "$PKI"/*.key
}
