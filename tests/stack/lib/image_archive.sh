# Writes a container image that holds one static binary, as an archive that containerd imports without any registry.
# shellcheck shell=bash

image_archive() { # binary, image name with tag, archive to write
  local binary=$1 name=$2 archive=$3 work
  work=$(mktemp -d "$archive.XXXXXX")
  mkdir "$work/root" "$work/root/tmp"
  chmod 1777 "$work/root/tmp"
  cp "$binary" "$work/root/"
  # One binary in, one image out: neither today's date nor this machine's users may show in the digest.
  tar --create --file "$work/layer.tar" --directory "$work/root" --sort=name --owner=0 --group=0 --numeric-owner \
    --mtime=@0 "${binary##*/}" tmp
  # Without its platform in the configuration containerd would filter the image out.
  jq --null-input --compact-output --arg binary "/${binary##*/}" \
    --arg layer "sha256:$(sha256sum "$work/layer.tar" | cut -d' ' -f1)" \
    '{architecture: "amd64", os: "linux", config: {Entrypoint: [$binary]}, rootfs: {type: "layers", diff_ids: [$layer]}}' \
    >"$work/config.json"
  jq --null-input --compact-output --arg name "$name" \
    '[{Config: "config.json", RepoTags: [$name], Layers: ["layer.tar"]}]' >"$work/manifest.json"
  tar --create --file "$archive" --directory "$work" manifest.json config.json layer.tar
  rm -rf "$work"
}
