package main

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

type descriptor struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
	Size      int    `json:"size"`
}

// store is the folder of blobs.
type store struct{ dir string }

func (s *store) blob(mediaType string, text []byte) (descriptor, error) {
	d := descriptor{mediaType, digest(text), len(text)}
	return d, os.WriteFile(filepath.Join(s.dir, strings.Replace(d.Digest, ":", "/", 1)), text, 0o644)
}

func (s *store) json(mediaType string, v any) (descriptor, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return descriptor{}, err
	}
	return s.blob(mediaType, text)
}

const made = "2026-11-01T00:00:00Z"

// image writes configuration and manifest of one version.
func (s *store) image(tag string, layers []layer) (descriptor, error) {
	revision := sha1.Sum([]byte("retail/odoo " + tag))
	labels := map[string]string{
		"org.opencontainers.image.title":    "retail/odoo",
		"org.opencontainers.image.version":  tag,
		"org.opencontainers.image.revision": hex.EncodeToString(revision[:]),
		"org.opencontainers.image.source":   "https://git.shop.example/retail/odoo",
		"org.opencontainers.image.created":  made,
	}
	var ids []string
	var blobs []descriptor
	var history []map[string]string
	for i, l := range layers {
		ids, blobs = append(ids, l.diffID), append(blobs, l.descriptor)
		history = append(history, map[string]string{"created": made, "created_by": []string{"COPY odoo /usr/bin/odoo", "COPY odoo /usr/lib/python3/dist-packages/odoo",
			"COPY oca /mnt/extra-addons", "COPY addons /mnt/extra-addons"}[i]})
	}
	config, err := s.json("application/vnd.oci.image.config.v1+json", map[string]any{
		"created": made, "architecture": "amd64", "os": "linux",
		"config": map[string]any{
			"User":         "101:101",
			"Entrypoint":   []string{"/usr/bin/odoo"},
			"Env":          []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "ODOO_VERSION=18.0"},
			"ExposedPorts": map[string]any{"8069/tcp": struct{}{}},
			"Labels":       labels,
		},
		"rootfs":  map[string]any{"type": "layers", "diff_ids": ids},
		"history": history,
	})
	if err != nil {
		return descriptor{}, err
	}
	return s.json("application/vnd.oci.image.manifest.v1+json", map[string]any{"schemaVersion": 2,
		"mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": blobs, "annotations": labels})
}

// writeLayout makes the folder that `crane push` takes; its blobs are the shared ones.
func (s *store) writeLayout(dir string, manifest descriptor) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	os.Remove(filepath.Join(dir, "blobs"))
	if err := os.Symlink("../blobs", filepath.Join(dir, "blobs")); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o644); err != nil {
		return err
	}
	index, err := json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []descriptor{manifest}})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "index.json"), index, 0o644)
}
