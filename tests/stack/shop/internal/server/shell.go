package server

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"

	"ostler.example/shop/internal/addons"
	"ostler.example/shop/internal/pg"
)

// Shell is `odoo shell -d DB < script`. There is no Python: the one script it understands is a dump of the fields of
// env.registry.models, which it answers from the code.
func Shell(args []string) int {
	opt, code, ok := start(args)
	if !ok {
		return 2
	}
	script, _ := io.ReadAll(os.Stdin)
	if len(opt.Databases) != 1 || !strings.Contains(string(script), "env.registry.models") {
		fmt.Fprintln(os.Stderr, "NotImplementedError: the shop's shell only dumps the fields of env.registry.models")
		return 1
	}
	ctx := context.Background()
	conn, err := pg.FromOptions(opt).Connect(ctx, opt.Databases[0])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, "SELECT name FROM ir_module_module WHERE state IN ('installed', 'to upgrade', 'to remove')")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	json.NewEncoder(os.Stdout).Encode(dump(code, code.Graph(opt.Databases[0], names)))
	return 0
}

func dump(code *addons.Code, modules []*addons.Module) map[string]any {
	reg, sql := addons.NewRegistry(), map[string][][]string{}
	for _, m := range modules {
		reg.Add(m)
		for _, c := range m.Models {
			for _, k := range c.Constraints {
				sql[c.Name] = append(sql[c.Name], []string{k.Name, k.Definition})
			}
		}
	}
	out := map[string]any{}
	for _, name := range reg.Names() {
		e, fields := reg.Models[name], map[string]any{}
		for n, f := range e.Fields {
			fields[n] = []any{strings.ToLower(f.Type), fmt.Sprintf("('%s', '%s')", f.Column(), f.Column()), f.Store, f.Required, f.Compute, "None",
				fmt.Sprint(f.Index), false, f.Comodel, false}
		}
		constraints := sql[name]
		if constraints == nil {
			constraints = [][]string{}
		}
		out[name] = map[string]any{"table": addons.Table(name), "auto": true, "abstract": false, "sql": constraints, "fields": fields}
	}
	return out
}
