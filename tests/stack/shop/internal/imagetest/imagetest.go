// Package imagetest lays the layers of an image over each other for tests.
package imagetest

import (
	"os"
	"path/filepath"
	"testing"

	"ostler.example/shop/internal/addons"
)

// Code is what an image of the shop brings; the test's folder is two below the module's root.
func Code(t *testing.T, version string) *addons.Code {
	t.Helper()
	root := t.TempDir()
	layers := []string{"odoo", "oca", version[:1]}
	if len(version) > 1 {
		layers = append(layers, version)
	}
	for _, l := range layers {
		if err := lay(filepath.Join("../../image", l), root); err != nil {
			t.Fatal(err)
		}
	}
	code, err := addons.Load(root, nil)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func lay(source, root string) error {
	return filepath.WalkDir(source, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(source, path)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		to := filepath.Join(root, rel)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		return os.WriteFile(to, text, 0o644)
	})
}
