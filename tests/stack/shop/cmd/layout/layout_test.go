package main

import (
	"os"
	"path/filepath"
	"testing"
)

// The same sources give the same images, and versions differ only in their topmost layer.
func TestDeterministic(t *testing.T) {
	program := filepath.Join(t.TempDir(), "odoo")
	os.WriteFile(program, []byte("program"), 0o755)
	var first []byte
	for range 2 {
		out := t.TempDir()
		if err := build("../../image", program, out); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(out, "images.json"))
		if err != nil {
			t.Fatal(err)
		}
		if first != nil && string(text) != string(first) {
			t.Fatalf("%s\n%s", first, text)
		}
		first = text
		blobs, _ := os.ReadDir(filepath.Join(out, "blobs/sha256"))
		if want := 3 + 3*len(stacks); len(blobs) != want {
			t.Errorf("%d blobs, want %d", len(blobs), want)
		}
	}
}
