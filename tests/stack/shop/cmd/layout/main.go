// Builds the shop's images as OCI layouts: layout SOURCE BINARY OUT writes OUT/<tag>, all sharing OUT/blobs, and OUT/images.json.
// The same sources give the same digests.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
)

// stacks says which folders make the topmost layer of each image; below it all images have the same layers.
var stacks = map[string][]string{
	"1":          {"1"},
	"1-patch":    {"1", "1-patch"},
	"2":          {"2"},
	"2-errors":   {"2", "2-errors"},
	"3":          {"2", "3"},
	"2-slow":     {"2", "2-slow"},
	"2-crash":    {"2", "2-crash"},
	"2-lying":    {"2", "2-lying"},
	"2-halfway":  {"2", "2-halfway"},
	"2-contract": {"2", "2-contract"},
	"2-long":     {"2", "2-long"},
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: layout SOURCE BINARY OUT")
		os.Exit(2)
	}
	if err := build(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "layout:", err)
		os.Exit(1)
	}
}

func build(source, program, out string) error {
	s := &store{dir: filepath.Join(out, "blobs")}
	if err := os.MkdirAll(filepath.Join(s.dir, "sha256"), 0o755); err != nil {
		return err
	}
	var common []layer
	for _, tree := range []files{
		{"usr/bin/odoo": program},
		overlay(filepath.Join(source, "odoo")),
		overlay(filepath.Join(source, "oca")),
	} {
		l, err := s.layer(tree)
		if err != nil {
			return err
		}
		common = append(common, l)
	}
	var tags []string
	for tag := range stacks {
		tags = append(tags, tag)
	}
	sort.Strings(tags)
	digests := map[string]string{}
	for _, tag := range tags {
		var dirs []string
		for _, d := range stacks[tag] {
			dirs = append(dirs, filepath.Join(source, d))
		}
		top, err := s.layer(overlay(dirs...))
		if err != nil {
			return err
		}
		manifest, err := s.image(tag, append(append([]layer{}, common...), top))
		if err != nil {
			return err
		}
		if err := s.writeLayout(filepath.Join(out, tag), manifest); err != nil {
			return err
		}
		digests[tag] = manifest.Digest
	}
	text, err := json.MarshalIndent(digests, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "images.json"), append(text, '\n'), 0o644)
}
