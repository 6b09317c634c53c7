# Starts the real node: containerd and a kubelet, which see their own /run, /var/lib and /var/log.
# shellcheck shell=bash

CONTAINERD_SOCKET=$NODE/containerd.sock

prepare_node() {
  mkdir -p "$NODE"/{run,containerd,cni,certs.d,kubelet,pod-logs} "$NODE"/over/{lib,log}/{upper,work}
  cat >"$NODE/containerd.toml" <<TOML
version = 2
root = "$NODE/containerd/root"
state = "$NODE/containerd/state"
# The first would write into /opt, the others need what the machine may not have.
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]

[grpc]
address = "$CONTAINERD_SOCKET"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "stack.local/pause:1"
# Without CAP_SYS_RESOURCE a negative score is refused and no container starts.
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "$NODE/cni"

[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "$NODE/certs.d"
TOML

  # Not the bridge plugin: with it a Pod that takes over an address is unreachable until its neighbours forget the old one.
  cat >"$NODE/cni/10-stack.conflist" <<CNI
{"cniVersion": "0.4.0", "name": "stack", "plugins": [
  {"type": "ptp", "ipMasq": false,
   "ipam": {"type": "host-local", "dataDir": "$NODE/addresses", "ranges": [[{"subnet": "10.88.0.0/16"}]],
            "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}
]}
CNI

  mkdir "$NODE/certs.d/127.0.0.1:5000" "$NODE/certs.d/127.0.0.1:5001"
  cat >"$NODE/certs.d/127.0.0.1:5000/hosts.toml" <<'TOML'
server = "http://127.0.0.1:5000"
TOML
  # Said as a host too, for containerd 1.6 would speak plain HTTP to a loopback address that is only the server.
  cat >"$NODE/certs.d/127.0.0.1:5001/hosts.toml" <<TOML
server = "https://127.0.0.1:5001"

[host."https://127.0.0.1:5001"]
capabilities = ["pull", "resolve"]
ca = "$PKI/ca.crt"
TOML

  : >"$NODE/resolv.conf"
  cat >"$NODE/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
containerRuntimeEndpoint: unix://$CONTAINERD_SOCKET
cgroupDriver: cgroupfs
cgroupRoot: /$PODS_GROUP
failCgroupV1: false
failSwapOn: false
localStorageCapacityIsolation: false
podLogsDir: $NODE/pod-logs
volumePluginDir: $NODE/volume-plugins
resolvConf: $NODE/resolv.conf
# There is no cluster DNS. An address that refuses at once is better than a warning event on every Pod.
clusterDNS: [$NODE_IP]
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: $PKI/ca.crt}
authorization: {mode: Webhook}
tlsCertFile: $PKI/kubelet.crt
tlsPrivateKeyFile: $PKI/kubelet.key
# A test machine's full disk is no reason to end Pods or to drop images that no registry has.
evictionHard: {memory.available: 50Mi}
imageGCHighThresholdPercent: 100
maxPods: 250
registryPullQPS: 0
serializeImagePulls: false
makeIPTablesUtilChains: false
YAML
}

start_containerd() {
  # "slave" lets the machine's later mounts in and none of the node's out.
  start containerd unshare --mount --propagation slave "$STACK_SOURCE/lib/isolate" "$NODE" containerd --config "$NODE/containerd.toml"
  await containerd 30
}

import_images() {
  local archive
  for archive in "$BUILT"/images/*.tar; do
    inside ctr --address "$CONTAINERD_SOCKET" --namespace k8s.io images import "$archive" >>"$LOGS/images.log" 2>&1 ||
      { last_lines images && return 1; }
  done
}

start_kubelet() {
  local containerd
  read -r containerd _ <"$PIDS/containerd"
  certificate_kubeconfig "$NODE/kubeconfig" kubelet
  # In containerd's mount namespace, for the volumes that the kubelet mounts are containerd's to hand on.
  start kubelet nsenter --mount="/proc/$containerd/ns/mnt" -- "$BIN/kubelet" --config "$NODE/kubelet.yaml" \
    --kubeconfig "$NODE/kubeconfig" --root-dir "$NODE/kubelet" --hostname-override node-a --node-ip "$NODE_IP" \
    --node-labels "topology.kubernetes.io/zone=$ZONE"
}
