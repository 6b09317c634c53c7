# Starts etcd and the Kubernetes control plane, with a cluster identity that is the same in every stack.
# shellcheck shell=bash

# The committed example names the cluster it is meant for by the uid of this namespace, which a new cluster would draw at random.
CLUSTER_UID=05713e55-0000-4000-8000-0000c1057e12

kubectl() { inside "$BIN/kubectl" --kubeconfig "$KUBECONFIG_ADMIN" --cache-dir "$STATE/kubectl" "$@"; }

kubeconfig() { # file to write, then what kubectl may know of the user
  local file=$1
  shift
  jq --null-input --arg ca "$(base64 -w0 "$PKI/ca.crt")" --arg server "$API_URL" "$@" \
    '{apiVersion: "v1", kind: "Config", "current-context": "stack",
      clusters: [{name: "stack", cluster: {server: $server, "certificate-authority-data": $ca}}],
      contexts: [{name: "stack", context: {cluster: "stack", user: "stack", namespace: $namespace}}],
      users: [{name: "stack", user: $user}]}' | (umask 077 && cat >"$file")
}

certificate_kubeconfig() { # file to write, certificate's name
  kubeconfig "$1" --arg namespace default --argjson user "$(jq --null-input \
    --arg certificate "$(base64 -w0 "$PKI/$2.crt")" --arg key "$(base64 -w0 "$PKI/$2.key")" \
    '{"client-certificate-data": $certificate, "client-key-data": $key}')"
}

token_kubeconfig() { # file to write, namespace, service account
  kubeconfig "$1" --arg namespace "$2" --argjson user \
    "$(kubectl create token "$3" --namespace "$2" --duration 240h | jq --raw-input '{token: .}')"
}

start_etcd() {
  # Everything dies with the stack, so nothing has to reach the disk.
  start etcd etcd --data-dir "$STATE/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
    --initial-cluster default=http://127.0.0.1:2380
  await etcd 30
}

seed_identity() {
  local namespace
  namespace=$(jq --null-input --compact-output --arg uid "$CLUSTER_UID" \
    '{apiVersion: "v1", kind: "Namespace",
      metadata: {name: "kube-system", uid: $uid, creationTimestamp: (now | todate),
                 labels: {"kubernetes.io/metadata.name": "kube-system"}},
      spec: {finalizers: ["kubernetes"]}, status: {phase: "Active"}}')
  inside curl --silent --show-error --fail --output /dev/null http://127.0.0.1:2379/v3/kv/put --data \
    "{\"key\": \"$(printf /registry/namespaces/kube-system | base64 -w0)\", \"value\": \"$(printf %s "$namespace" | base64 -w0)\"}"
}

start_api_server() {
  start kube-apiserver kube-apiserver --etcd-servers http://127.0.0.1:2379 \
    --bind-address 0.0.0.0 --advertise-address "$NODE_IP" --cert-dir "$STATE/apiserver" \
    --client-ca-file "$PKI/ca.crt" --tls-cert-file "$PKI/apiserver.crt" --tls-private-key-file "$PKI/apiserver.key" \
    --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$PKI/service-accounts.pub" \
    --service-account-signing-key-file "$PKI/service-accounts.key" --service-cluster-ip-range 10.96.0.0/16 \
    --authorization-mode Node,RBAC --allow-privileged \
    --kubelet-client-certificate "$PKI/admin.crt" --kubelet-client-key "$PKI/admin.key" \
    --kubelet-certificate-authority "$PKI/ca.crt" --kubelet-preferred-address-types InternalIP
  await kube-apiserver 60
}

start_controllers() {
  start kube-controller-manager kube-controller-manager --kubeconfig "$KUBECONFIG_ADMIN" --leader-elect=false \
    --service-account-private-key-file "$PKI/service-accounts.key" --root-ca-file "$PKI/ca.crt" \
    --flex-volume-plugin-dir "$STATE/controller-manager/plugins" --bind-address 127.0.0.1 --cert-dir "$STATE/controller-manager"
  start kube-scheduler kube-scheduler --kubeconfig "$KUBECONFIG_ADMIN" --leader-elect=false \
    --bind-address 127.0.0.1 --cert-dir "$STATE/scheduler"
}
