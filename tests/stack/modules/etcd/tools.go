//go:build tools

// Package etcd pins what the stack builds from this module.
package etcd

import (
	_ "go.etcd.io/etcd/server/v3"
)
