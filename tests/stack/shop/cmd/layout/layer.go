package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path"
	"path/filepath"
	"sort"
)

// files maps the name in the image to the file it is read from.
type files map[string]string

// overlay lays folders over each other; of files with one name the last wins.
func overlay(dirs ...string) files {
	all := files{}
	for _, dir := range dirs {
		filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				rel, _ := filepath.Rel(dir, p)
				all[filepath.ToSlash(rel)] = p
			}
			return nil
		})
	}
	return all
}

// layer is a blob with the digest of what it unpacks to.
type layer struct {
	descriptor
	diffID string
}

// layer packs the files in order of their names, with no time and no owner.
func (s *store) layer(tree files) (layer, error) {
	seen, names := map[string]bool{}, []string{}
	for name := range tree {
		names = append(names, name)
		for dir := path.Dir(name); dir != "." && !seen[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			names = append(names, dir+"/")
		}
	}
	sort.Strings(names)
	var plain bytes.Buffer
	w := tar.NewWriter(&plain)
	for _, name := range names {
		if err := add(w, name, tree[name]); err != nil {
			return layer{}, err
		}
	}
	if err := w.Close(); err != nil {
		return layer{}, err
	}
	var packed bytes.Buffer
	z, _ := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	z.Write(plain.Bytes())
	if err := z.Close(); err != nil {
		return layer{}, err
	}
	d, err := s.blob("application/vnd.oci.image.layer.v1.tar+gzip", packed.Bytes())
	return layer{d, digest(plain.Bytes())}, err
}

func add(w *tar.Writer, name, from string) error {
	if from == "" {
		return w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o755, Format: tar.FormatUSTAR})
	}
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	mode := int64(0o644)
	if path.Dir(name) == "usr/bin" {
		mode = 0o755
	}
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(len(text)), Format: tar.FormatUSTAR}); err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}
