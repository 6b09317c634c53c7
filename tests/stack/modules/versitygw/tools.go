//go:build tools

// Package versitygw pins what the stack builds from this module.
package versitygw

import (
	_ "github.com/versity/versitygw/cmd/versitygw"
)
