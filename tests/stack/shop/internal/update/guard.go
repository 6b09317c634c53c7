package update

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"ostler.example/shop/internal/addons"
	"ostler.example/shop/internal/cli"
	"ostler.example/shop/internal/odoolog"
)

// guard is a server-wide module that replaces _drop_column, so that removed fields keep their columns.
type guard struct {
	name, format string
}

var logCall = regexp.MustCompile(`(?s)_drop_column.*?log\w*\.(?:info|warning)\(\s*"([^"]*)"`)

// findGuard looks at what --load names: a module whose __init__.py has _drop_column in it is taken to patch it.
func findGuard(code *addons.Code, opt cli.Options) *guard {
	for _, name := range opt.Load {
		for _, dir := range code.Paths {
			text, err := os.ReadFile(filepath.Join(dir, name, "__init__.py"))
			if err != nil {
				continue
			}
			if !strings.Contains(string(text), "_drop_column") {
				break
			}
			g := &guard{name: name, format: "column kept: %s.%s"}
			if m := logCall.FindSubmatch(text); m != nil {
				g.format = string(m[1])
			}
			return g
		}
	}
	return nil
}

// keep logs a column that stays, with the text of the guard's own log call.
func (g *guard) keep(db, table, column string) {
	var text string
	switch strings.Count(g.format, "%s") {
	case 2:
		text = strings.Replace(strings.Replace(g.format, "%s", table, 1), "%s", column, 1)
	case 1:
		text = strings.Replace(g.format, "%s", table+"."+column, 1)
	default:
		text = g.format + " " + table + "." + column
	}
	odoolog.Info(db, "odoo.addons."+g.name, "%s", text)
}
