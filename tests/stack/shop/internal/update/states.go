package update

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"ostler.example/shop/internal/addons"
	"ostler.example/shop/internal/odoolog"
)

// initialize makes the tables of an empty database and marks what is installed without being asked.
func (r *run) initialize(ctx context.Context) error {
	base := r.code.Modules["base"]
	sql, err := os.ReadFile(filepath.Join(base.Path, "data/base_data.sql"))
	if err != nil {
		return err
	}
	if err := r.script(ctx, string(sql)); err != nil {
		return err
	}
	if err := r.updateList(ctx); err != nil {
		return err
	}
	var auto []string
	for _, m := range r.code.Modules {
		if m.AutoInstall && m.Installable {
			auto = append(auto, m.Name)
		}
	}
	return r.exec(ctx, "UPDATE ir_module_module SET state = 'to install' WHERE name = ANY($1)", auto)
}

// script runs several statements at once.
func (r *run) script(ctx context.Context, sql string) error {
	_, err := r.conn.PgConn().Exec(ctx, sql).ReadAll()
	return err
}

// updateList adds the modules of the image that the database does not know.
func (r *run) updateList(ctx context.Context) error {
	odoolog.Info(r.db, logger, "updating modules list")
	var names []string
	for n := range r.code.Modules {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		m, state := r.code.Modules[n], "uninstalled"
		if !m.Installable {
			state = "uninstallable"
		}
		tag, err := r.conn.Exec(ctx, `INSERT INTO ir_module_module (name, shortdesc, state, auto_install, create_date, write_date)
			SELECT $1::varchar, $2, $3, $4::bool, now(), now() WHERE NOT EXISTS (SELECT FROM ir_module_module WHERE name = $1::varchar)`, n, m.Title, state, m.AutoInstall)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			continue
		}
		for _, d := range m.Depends {
			if err := r.exec(ctx, `INSERT INTO ir_module_module_dependency (name, module_id)
				SELECT $1::varchar, id FROM ir_module_module WHERE name = $2`, d, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// mark sets the states of the modules that -i and -u name, and of all that depend on the latter.
func (r *run) mark(ctx context.Context) error {
	if err := r.updateList(ctx); err != nil {
		return err
	}
	var unknown []string
	for _, n := range append(append([]string{}, r.opt.Init...), r.opt.Update...) {
		if r.code.Modules[n] == nil && n != "all" {
			var known bool
			if err := r.conn.QueryRow(ctx, "SELECT count(*) > 0 FROM ir_module_module WHERE name = $1", n).Scan(&known); err != nil {
				return err
			}
			if !known {
				unknown = append(unknown, n)
			}
		}
	}
	if len(unknown) > 0 {
		odoolog.Warning(r.db, logger, "invalid module names, ignored: %s", strings.Join(unknown, ", "))
	}
	if names := r.withDependencies(r.opt.Init); len(names) > 0 {
		if err := r.exec(ctx, "UPDATE ir_module_module SET state = 'to install' WHERE state = 'uninstalled' AND name = ANY($1)", names); err != nil {
			return err
		}
	}
	installed, err := r.names(ctx, "installed")
	if err != nil {
		return err
	}
	var up []string
	for _, n := range r.opt.Update {
		if n == "all" {
			n = "base"
		}
		// base itself was marked and loaded in the first step; here it stands for all that depend on it
		if slices.Contains(installed, n) || n == "base" && slices.Contains(r.done, "base") {
			up = append(up, n)
		}
	}
	for _, n := range r.withDependents(up, installed) {
		if r.loaded[n] {
			continue
		}
		if err := r.exec(ctx, "UPDATE ir_module_module SET state = 'to upgrade' WHERE name = $1 AND state = 'installed'", n); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) withDependencies(names []string) []string {
	var out []string
	var visit func(string)
	visit = func(n string) {
		m := r.code.Modules[n]
		if m == nil || slices.Contains(out, n) {
			return
		}
		out = append(out, n)
		for _, d := range m.Depends {
			visit(d)
		}
	}
	for _, n := range names {
		visit(n)
	}
	return out
}

func (r *run) withDependents(names, installed []string) []string {
	out := append([]string{}, names...)
	for progress := true; progress; {
		progress = false
		for _, n := range installed {
			m := r.code.Modules[n]
			if m == nil || slices.Contains(out, n) {
				continue
			}
			if slices.ContainsFunc(m.Depends, func(d string) bool { return slices.Contains(out, d) }) {
				out, progress = append(out, n), true
			}
		}
	}
	return out
}

// checkLoaded logs what Odoo logs when the states and the files do not fit together. None of it is an error for the exit code.
func (r *run) checkLoaded(ctx context.Context) error {
	transient, err := r.names(ctx, "to install", "to upgrade")
	if err != nil {
		return err
	}
	if len(transient) > 0 {
		odoolog.Error(r.db, logger, "Some modules have inconsistent states, some dependencies may be missing: %s", pyList(transient))
	}
	installed, err := r.names(ctx, "installed")
	if err != nil {
		return err
	}
	var missing []string
	for _, n := range installed {
		if !r.loaded[n] {
			missing = append(missing, n)
		}
	}
	if len(missing) > 0 {
		odoolog.Error(r.db, logger, "Some modules are not loaded, some dependencies or manifest may be missing: %s", pyList(missing))
	}
	return nil
}

func pyList(names []string) string { return "['" + strings.Join(names, "', '") + "']" }

// installSQL runs what the module's hook runs after its installation.
func (r *run) installSQL(ctx context.Context, m *addons.Module) error {
	paths, _ := filepath.Glob(filepath.Join(m.Path, "data", "*.sql"))
	for _, path := range paths {
		if filepath.Base(path) == "base_data.sql" {
			continue
		}
		sql, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := r.script(ctx, string(sql)); err != nil {
			return err
		}
	}
	return nil
}
