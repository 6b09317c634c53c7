// Package update is `odoo -i/-u`: it brings a database to the modules of the image as Odoo 18.0 does,
// with the same transactions, so that it breaks off in the same half-migrated states.
package update

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ostler.example/shop/internal/addons"
	"ostler.example/shop/internal/cli"
	"ostler.example/shop/internal/odoolog"
	"ostler.example/shop/internal/pg"
)

const logger = "odoo.modules.loading"

// Setup is the time Odoo takes from its snapshot to the first script: what users write meanwhile is not seen.
var Setup = time.Second

// Database loads one database with -i and -u, and gives Odoo's result: 0, or -1 when the registry did not load.
func Database(ctx context.Context, code *addons.Code, opt cli.Options, db string) int {
	start := time.Now()
	server := pg.FromOptions(opt)
	init, err := ensureExists(ctx, server, db)
	if err == nil {
		err = load(ctx, code, opt, server, db, init)
	}
	if ctx.Err() != nil {
		return 1 // a signal: Odoo's KeyboardInterrupt resets no states
	}
	if err != nil {
		odoolog.Error(db, "odoo.modules.registry", "Failed to load registry")
		odoolog.Critical(db, "odoo.service.server", "Failed to initialize database `%s`.\n%s", db, traceback(err))
		return -1
	}
	odoolog.Info(db, "odoo.modules.registry", "Registry loaded in %.3fs", time.Since(start).Seconds())
	return 0
}

func traceback(err error) string {
	name := "Exception"
	var p *parseError
	switch {
	case errors.As(err, &p):
		name = "odoo.tools.convert.ParseError"
	case pg.Code(err) != "" || pg.Gone(err):
		name = pg.Name(err)
	}
	return "Traceback (most recent call last):\n" + name + ": " + err.Error()
}

// ensureExists creates a missing database, if the role may. The result says whether it did.
func ensureExists(ctx context.Context, server pg.Server, db string) (created bool, err error) {
	conn, err := server.Connect(ctx, "postgres")
	if err != nil {
		return false, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var there bool
	if err := conn.QueryRow(ctx, "SELECT count(*) > 0 FROM pg_database WHERE datname = $1", db).Scan(&there); err != nil || there {
		return false, err
	}
	_, err = conn.Exec(ctx, fmt.Sprintf("CREATE DATABASE %s ENCODING 'unicode' TEMPLATE template0", pgx.Identifier{db}.Sanitize()))
	if pg.Code(err) == "42501" {
		odoolog.Info(db, "odoo.service.db", "Could not determine if database %s exists, skipping auto-creation: %s", db, err)
		return false, nil
	}
	return err == nil, err
}

// run is one loading of one database.
type run struct {
	code     *addons.Code
	opt      cli.Options
	db       string
	conn     *pgx.Conn
	guard    *guard
	reg      *addons.Registry
	loaded   map[string]bool
	done     []string          // modules updated or installed
	seen     map[string]bool   // XML ids written by them
	from     map[string]string // version of each module before the update
	nulls    []constraint      // NOT NULLs of the module being loaded
	queue    []constraint      // what could not be applied yet
	updating bool
}

func load(ctx context.Context, code *addons.Code, opt cli.Options, server pg.Server, db string, created bool) error {
	conn, err := server.Connect(ctx, db)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	r := &run{code: code, opt: opt, db: db, conn: conn, guard: findGuard(code, opt), reg: addons.NewRegistry(),
		loaded: map[string]bool{}, from: map[string]string{}, seen: map[string]bool{}, updating: len(opt.Update)+len(opt.Init) > 0 || created}
	if err := r.modules(ctx, created); err != nil {
		if ctx.Err() == nil {
			conn.Close(ctx)
			if resetErr := resetStates(ctx, server, db); resetErr != nil {
				return errors.Join(resetErr, err)
			}
		}
		return err
	}
	if !r.updating {
		return nil
	}
	// Workers are told once, after the last commit, and never after a failure.
	_, err = conn.Exec(ctx, "SELECT nextval('base_registry_signaling')")
	return err
}

func resetStates(ctx context.Context, server pg.Server, db string) error {
	conn, err := server.Connect(ctx, db)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err = conn.Exec(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ"); err != nil {
		return err
	}
	for _, sql := range []string{
		"UPDATE ir_module_module SET state = 'installed' WHERE state IN ('to remove', 'to upgrade')",
		"UPDATE ir_module_module SET state = 'uninstalled' WHERE state = 'to install'", "COMMIT"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	odoolog.Warning(db, "odoo.modules.loading", "Transient module states were reset")
	return nil
}

func (r *run) exec(ctx context.Context, sql string, args ...any) error {
	_, err := r.conn.Exec(ctx, sql, args...)
	return err
}

func (r *run) begin(ctx context.Context) error {
	return r.exec(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ")
}

func (r *run) commit(ctx context.Context) error {
	if err := r.exec(ctx, "COMMIT"); err != nil {
		return err
	}
	return r.begin(ctx)
}

// modules is Odoo's load_modules().
func (r *run) modules(ctx context.Context, created bool) error {
	if err := r.begin(ctx); err != nil {
		return err
	}
	if err := r.exec(ctx, "SET SESSION lock_timeout = '15s'"); err != nil {
		return err
	}
	var initialized bool
	if err := r.conn.QueryRow(ctx, "SELECT to_regclass('public.ir_module_module') IS NOT NULL").Scan(&initialized); err != nil {
		return err
	}
	if !initialized {
		if !r.updating {
			odoolog.Error(r.db, logger, "Database %s not initialized, you can force it with `-i base`", r.db)
			return nil
		}
		odoolog.Info(r.db, logger, "init db")
		if err := r.initialize(ctx); err != nil {
			return err
		}
	}
	if slices.Contains(r.opt.Update, "base") || slices.Contains(r.opt.Update, "all") {
		if err := r.exec(ctx, "UPDATE ir_module_module SET state = 'to upgrade' WHERE name = 'base' AND state = 'installed'"); err != nil {
			return err
		}
	}
	if err := r.graph(ctx, []string{"base"}); err != nil {
		return err
	}
	if r.updating {
		if err := r.mark(ctx); err != nil {
			return err
		}
		if err := sleep(ctx, Setup); err != nil {
			return err
		}
	}
	for _, states := range [][]string{{"installed", "to upgrade", "to remove"}, {"to install"}} {
		if states[0] == "to install" && !r.updating {
			continue
		}
		names, err := r.names(ctx, states...)
		if err != nil {
			return err
		}
		if err := r.graph(ctx, names); err != nil {
			return err
		}
	}
	if err := r.finish(ctx); err != nil {
		return err
	}
	odoolog.Info(r.db, logger, "Modules loaded.")
	return r.exec(ctx, "COMMIT")
}

// names of the modules in some states.
func (r *run) names(ctx context.Context, states ...string) ([]string, error) {
	rows, err := r.conn.Query(ctx, "SELECT name FROM ir_module_module WHERE state = ANY($1) ORDER BY name", states)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// graph loads what is not loaded yet of these modules, in order of their dependencies.
func (r *run) graph(ctx context.Context, names []string) error {
	wanted := append([]string{}, names...)
	for n := range r.loaded {
		if !slices.Contains(wanted, n) {
			wanted = append(wanted, n)
		}
	}
	sort.Strings(wanted)
	order := r.code.Graph(r.db, wanted)
	if !slices.ContainsFunc(order, func(m *addons.Module) bool { return !r.loaded[m.Name] }) {
		return nil
	}
	odoolog.Info(r.db, logger, "loading %d modules...", len(order))
	start := time.Now()
	for i, m := range order {
		if r.loaded[m.Name] {
			continue
		}
		if err := r.module(ctx, m, i+1, len(order)); err != nil {
			return err
		}
		r.loaded[m.Name] = true
	}
	odoolog.Info(r.db, logger, "%d modules loaded in %.2fs, 0 queries (+0 extra)", len(order), time.Since(start).Seconds())
	return nil
}

// module is one step of Odoo's load_module_graph().
func (r *run) module(ctx context.Context, m *addons.Module, k, n int) error {
	var state, installed string
	err := r.conn.QueryRow(ctx, "SELECT state, coalesce(latest_version, '') FROM ir_module_module WHERE name = $1", m.Name).Scan(&state, &installed)
	if err != nil {
		return err
	}
	r.from[m.Name] = installed
	fresh, upgrade := state == "to install", state == "to upgrade"
	if !r.updating || !fresh && !upgrade {
		r.reg.Add(m)
		return nil
	}
	odoolog.Info(r.db, logger, "Loading module %s (%d/%d)", m.Name, k, n)
	start := time.Now()
	if upgrade {
		if err := r.scripts(ctx, m, "pre", installed); err != nil {
			return err
		}
	}
	odoolog.Info(r.db, "odoo.modules.registry", "module %s: creating or updating database tables", m.Name)
	if err := r.tables(ctx, m, r.reg.Add(m), fresh); err != nil {
		return err
	}
	if err := r.data(ctx, m, fresh); err != nil {
		return err
	}
	if upgrade {
		err = r.scripts(ctx, m, "post", installed)
	} else {
		err = r.installSQL(ctx, m)
	}
	if err != nil {
		return err
	}
	// The commit comes before the version: that becomes durable only with the next commit.
	if err := r.commit(ctx); err != nil {
		return err
	}
	r.done = append(r.done, m.Name)
	odoolog.Info(r.db, logger, "Module %s loaded in %.2fs, 0 queries (+0 other)", m.Name, time.Since(start).Seconds())
	return r.exec(ctx, "UPDATE ir_module_module SET state = 'installed', latest_version = $2, write_date = now() WHERE name = $1", m.Name, m.Version)
}

func (r *run) scripts(ctx context.Context, m *addons.Module, when, installed string) error {
	for _, s := range m.Due(when, installed) {
		odoolog.Info(r.db, "odoo.modules.migration", "module %s: Running migration [%s>] %s", m.Name, strings.TrimPrefix(s.Version, r.code.Series+"."), s.Path)
		for _, step := range s.Steps {
			if step.Raise != "" {
				return fmt.Errorf("%s: %s", s.Path, step.Raise)
			}
			if err := r.exec(ctx, step.SQL); err != nil {
				return fmt.Errorf("%s: %w", s.Path, err)
			}
		}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
