# Simulates nodes in three zones, on which only Pods that tolerate it are placed and nothing really runs.
# shellcheck shell=bash

start_fake_nodes() {
  start kwok kwok --kubeconfig "$KUBECONFIG_ADMIN" --manage-all-nodes=false \
    --manage-nodes-with-annotation-selector kwok.x-k8s.io/node=fake --cidr 10.244.0.0/16 --node-ip "$NODE_IP" \
    --server-address 127.0.0.1:10247
}
