package update

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"ostler.example/shop/internal/addons"
	"ostler.example/shop/internal/odoolog"
	"ostler.example/shop/internal/orm"
)

// finish is the last transaction: end scripts, constraints, and the removal of what the code no longer declares.
func (r *run) finish(ctx context.Context) error {
	if err := r.checkLoaded(ctx); err != nil {
		return err
	}
	if !r.updating {
		return nil
	}
	for _, name := range r.done {
		if from := r.from[name]; from != "" {
			if err := r.scripts(ctx, r.code.Modules[name], "end", from); err != nil {
				return err
			}
		}
	}
	if err := r.lastConstraints(ctx); err != nil {
		return err
	}
	if err := r.missingTables(ctx); err != nil {
		return err
	}
	if len(r.done) == 0 {
		return nil
	}
	if err := r.removeOrphans(ctx); err != nil {
		return err
	}
	// The autovacuum is due a minute after the update.
	return r.exec(ctx, `INSERT INTO ir_cron_trigger (cron_id, call_at, create_date) SELECT res_id, now() + interval '1 minute', now()
		FROM ir_model_data WHERE module = 'base' AND name = 'autovacuum_job'`)
}

func (r *run) missingTables(ctx context.Context) error {
	for _, model := range r.reg.Names() {
		var there bool
		if err := r.conn.QueryRow(ctx, "SELECT to_regclass('public.' || quote_ident($1)) IS NOT NULL", addons.Table(model)).Scan(&there); err != nil {
			return err
		}
		if !there {
			odoolog.Error(r.db, "odoo.modules.registry", "Model %s has no table.", model)
		}
	}
	return nil
}

type orphan struct {
	ID, ResID    int
	Module, Name string
	Model        string
}

// removeOrphans is ir.model.data's _process_end(): records whose XML id vanished from the updated modules go.
func (r *run) removeOrphans(ctx context.Context) error {
	rows, err := r.conn.Query(ctx, `SELECT id, res_id, module, name, model FROM ir_model_data
		WHERE module = ANY($1) AND NOT noupdate AND res_id IS NOT NULL ORDER BY id DESC`, r.done)
	if err != nil {
		return err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[orphan])
	if err != nil {
		return err
	}
	for _, o := range all {
		if r.seen[o.Module+"."+o.Name] {
			continue
		}
		var shared bool // another module may declare the same field or model
		if err := r.conn.QueryRow(ctx, "SELECT count(*) > 0 FROM ir_model_data WHERE model = $1 AND res_id = $2 AND id <> $3", o.Model, o.ResID, o.ID).Scan(&shared); err != nil {
			return err
		}
		if !shared {
			odoolog.Info(r.db, "odoo.addons.base.models.ir_model", "Deleting %d@%s (%s.%s)", o.ResID, o.Model, o.Module, o.Name)
			if err := r.remove(ctx, o); err != nil {
				return err
			}
		}
		if err := r.exec(ctx, "DELETE FROM ir_model_data WHERE id = $1", o.ID); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) remove(ctx context.Context, o orphan) error {
	switch o.Model {
	case "ir.model.fields":
		var model, field string
		if err := r.conn.QueryRow(ctx, "SELECT model, name FROM ir_model_fields WHERE id = $1", o.ResID).Scan(&model, &field); err != nil {
			return err
		}
		if err := r.dropColumn(ctx, addons.Table(model), field); err != nil {
			return err
		}
	case "ir.model":
		var model string
		if err := r.conn.QueryRow(ctx, "SELECT model FROM ir_model WHERE id = $1", o.ResID).Scan(&model); err != nil {
			return err
		}
		if r.guard != nil {
			r.guard.keep(r.db, addons.Table(model), "*")
		} else if err := r.exec(ctx, fmt.Sprintf("DROP TABLE IF EXISTS %s CASCADE", orm.Quote(addons.Table(model)))); err != nil {
			return err
		}
	}
	return r.exec(ctx, fmt.Sprintf("DELETE FROM %s WHERE id = $1", orm.Quote(strings.ReplaceAll(o.Model, ".", "_"))), o.ResID)
}

func (r *run) dropColumn(ctx context.Context, table, field string) error {
	have, err := r.existing(ctx, table)
	if err != nil {
		return err
	}
	if _, there := have[field]; !there {
		return nil
	}
	if r.guard != nil {
		r.guard.keep(r.db, table, field)
		return nil
	}
	return r.exec(ctx, fmt.Sprintf("ALTER TABLE %s DROP COLUMN %s CASCADE", orm.Quote(table), orm.Quote(field)))
}
