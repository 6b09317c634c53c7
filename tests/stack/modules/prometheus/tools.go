//go:build tools

// Package prometheus pins what the stack builds from this module.
package prometheus

import (
	_ "github.com/prometheus/prometheus/cmd/prometheus"
)
