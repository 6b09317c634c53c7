// The shop of the test stack: it stands for Odoo in the images, and buys from itself on the host.
package main

import (
	"os"

	"ostler.example/shop/internal/buy"
	"ostler.example/shop/internal/server"
)

func main() {
	args := os.Args[1:]
	command := "server"
	if len(args) > 0 {
		switch args[0] {
		case "buy", "seed", "neutralize", "shell", "server":
			command, args = args[0], args[1:]
		}
	}
	var code int
	switch command {
	case "buy":
		code = buy.Main(args)
	case "seed":
		code = server.Seed(args)
	case "neutralize":
		code = server.Neutralize(args)
	case "shell":
		code = server.Shell(args)
	default:
		code = server.Main(args)
	}
	os.Exit(code & 255)
}
