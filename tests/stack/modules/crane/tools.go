//go:build tools

// Package crane pins what the stack builds from this module.
package crane

import (
	_ "github.com/google/go-containerregistry/cmd/crane"
)
