//go:build tools

// Package kwok pins what the stack builds from this module.
package kwok

import (
	_ "sigs.k8s.io/kwok/cmd/kwok"
)
