# Builds the servers that Debian does not have, from Go modules pinned in modules/, into a cache outside the checkout.
# shellcheck shell=bash

# The version of a required module, as go.mod pins it.
pinned() { # module folder, required module
  awk -v wanted="$2" '$1 == "require" { $1 = $2; $2 = $3 } $1 == wanted && $2 ~ /^v/ { print $2; exit }' \
    "$STACK_SOURCE/modules/$1/go.mod"
}

go_build() { # folder with a go.mod, what the linker and the compiler must know, what to build
  local folder=$1 link=$2 tags=$3
  shift 3
  say "builds $folder"
  (cd "$STACK_SOURCE/$folder" &&
    CGO_ENABLED=0 GOFLAGS=-buildvcs=false GOWORK=off GOTOOLCHAIN=local \
      go build -mod=readonly -p 2 -tags "$tags" -ldflags "-s -w $link" -o "$building/bin/" "$@") 8<&- 9<&-
}

build_all() {
  local kubernetes=k8s.io/component-base/version kubernetes_version traefik=github.com/traefik/traefik/v3 traefik_version
  kubernetes_version=$(pinned kubernetes k8s.io/kubernetes)
  traefik_version=$(pinned traefik "$traefik")

  go_build modules/etcd "" "" go.etcd.io/etcd/server/v3
  mv "$building/bin/server" "$building/bin/etcd"
  # Kubernetes learns its version from the linker alone and would call itself v0.0.0.
  go_build modules/kubernetes "-X $kubernetes.gitVersion=$kubernetes_version -X $kubernetes.gitMajor=1 \
    -X $kubernetes.gitMinor=$(cut -d. -f2 <<<"$kubernetes_version")" "" \
    k8s.io/kubernetes/cmd/{kube-apiserver,kube-controller-manager,kube-scheduler,kubelet,kubectl}
  go_build modules/crane "" "" github.com/google/go-containerregistry/cmd/crane
  go_build modules/registry "" "" github.com/distribution/distribution/v3/cmd/registry
  go_build modules/versitygw "" "" github.com/versity/versitygw/cmd/versitygw
  go_build modules/kwok "" "" sigs.k8s.io/kwok/cmd/kwok
  # Debian's Prometheus is built without the discovery of Pods. Of all the kinds of discovery only that one is needed here.
  go_build modules/prometheus "" remove_all_sd,enable_kubernetes_sd github.com/prometheus/prometheus/cmd/prometheus
  go_build modules/traefik "-X $traefik/pkg/version.Version=$traefik_version" "" "$traefik/cmd/traefik"
  go_build tokens "" "" .
  go_build pause "" "" .

  # Traefik's resource definitions come from the very module that its binary comes from.
  install --mode 644 "$(cd "$STACK_SOURCE/modules/traefik" && GOFLAGS=-mod=readonly go list -m -f '{{.Dir}}' "$traefik")"\
/integration/fixtures/k8s/01-traefik-crd.yml "$building/traefik-crds.yaml"
  mkdir "$building/images"
  image_archive "$building/bin/pause" stack.local/pause:1 "$building/images/pause.tar"
  image_archive "$building/bin/traefik" "stack.local/traefik:$traefik_version" "$building/images/traefik.tar"
}

build_binaries() {
  local building
  if [[ -e $BUILT/complete ]]; then
    touch "$BUILT/complete"
    return 0
  fi
  command -v go >/dev/null || fail "needs Go 1.26 to build the servers, and finds no go"
  mkdir -p "$CACHE"
  # Whoever else builds the same would only take the processors away.
  exec 8>"$CACHE/build.lock"
  flock --nonblock 8 || { say "waits for another build" && flock 8; }
  if [[ -e $BUILT/complete ]]; then
    exec 8<&-
    return 0
  fi
  # What builds cut short left behind, and what no stack has used for a month.
  rm -rf "$CACHE"/building-*
  find "$CACHE" -mindepth 2 -maxdepth 2 -name complete -mtime +30 -printf '%h\0' | xargs -0 --no-run-if-empty rm -rf
  # A build that is cut short leaves only this folder, never one that looks finished.
  building=$(mktemp -d "$CACHE/building-XXXXXX")
  # shellcheck disable=SC2064  # the folder's name is known now, and local
  trap "rm -rf '$building'" EXIT
  mkdir "$building/bin"
  build_all
  touch "$building/complete"
  rm -rf "$BUILT"
  mv -T "$building" "$BUILT"
  trap - EXIT
  exec 8<&-
}
