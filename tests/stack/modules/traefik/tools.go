//go:build tools

// Package traefik pins what the stack builds from this module.
package traefik

import (
	_ "github.com/traefik/traefik/v3/cmd/traefik"
)
