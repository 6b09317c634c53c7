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

// constraint is something that Odoo tries, logs when it fails, and tries once more at the end.
type constraint struct {
	key, sql, failure string
}

type column struct{ nullable bool }

// tables brings the tables of the models a module touched to what the code declares.
func (r *run) tables(ctx context.Context, m *addons.Module, models []string, fresh bool) error {
	own := map[string][]addons.Constraint{}
	fields := map[string][]addons.Field{}
	for _, c := range m.Models {
		own[c.Name] = append(own[c.Name], c.Constraints...)
		fields[c.Name] = append(fields[c.Name], c.Fields...)
	}
	created := map[string]bool{}
	for _, name := range models { // tables first: foreign keys may point anywhere
		table := addons.Table(name)
		tag, err := r.conn.Exec(ctx, fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s (id serial PRIMARY KEY, create_uid integer,
			create_date timestamp without time zone, write_uid integer, write_date timestamp without time zone)`, orm.Quote(table)))
		if err != nil {
			return err
		}
		created[name] = tag.RowsAffected() == 0
	}
	for _, name := range models {
		if err := r.columns(ctx, name, fields[name]); err != nil {
			return err
		}
		for _, c := range own[name] {
			table := addons.Table(name)
			r.try(ctx, fresh, constraint{key: table + "_" + c.Name,
				sql:     fmt.Sprintf(`ALTER TABLE %s ADD CONSTRAINT %s %s`, orm.Quote(table), orm.Quote(table+"_"+c.Name), c.Definition),
				failure: fmt.Sprintf("Table '%s': unable to add constraint '%s' as %s", table, table+"_"+c.Name, c.Definition)},
				`SELECT count(*) > 0 FROM pg_constraint WHERE conname = $1`, table+"_"+c.Name)
		}
		if err := r.reflect(ctx, m, name, fields[name]); err != nil {
			return err
		}
	}
	return r.notNulls(ctx, fresh)
}

func (r *run) columns(ctx context.Context, model string, fields []addons.Field) error {
	table := addons.Table(model)
	have, err := r.existing(ctx, table)
	if err != nil {
		return err
	}
	for _, f := range fields {
		kind := f.Column()
		if kind == "" {
			continue
		}
		c, there := have[f.Name]
		if !there {
			if err := r.exec(ctx, fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s", orm.Quote(table), orm.Quote(f.Name), kind)); err != nil {
				return err
			}
			if f.Default != nil && f.Default != "now" {
				// Odoo gives the rows that its snapshot sees the default; the column itself gets none.
				if err := r.exec(ctx, fmt.Sprintf("UPDATE %s SET %s = $1 WHERE %s IS NULL", orm.Quote(table), orm.Quote(f.Name), orm.Quote(f.Name)), f.Default); err != nil {
					return err
				}
			}
			c.nullable = true
		}
		switch {
		case f.Required && c.nullable:
			r.nulls = append(r.nulls, constraint{key: table + "." + f.Name,
				sql:     fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s SET NOT NULL", orm.Quote(table), orm.Quote(f.Name)),
				failure: fmt.Sprintf("Table '%s': unable to set NOT NULL on column '%s'", table, f.Name)})
		case !f.Required && there && !c.nullable:
			if err := r.exec(ctx, fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL", orm.Quote(table), orm.Quote(f.Name))); err != nil {
				return err
			}
		}
		if f.Index {
			index := fmt.Sprintf("%s__%s_index", table, f.Name)
			r.try(ctx, false, constraint{key: index,
				sql:     fmt.Sprintf("CREATE INDEX %s ON %s (%s)", orm.Quote(index), orm.Quote(table), orm.Quote(f.Name)),
				failure: fmt.Sprintf("Unable to add index %s", index)},
				"SELECT to_regclass('public.' || quote_ident($1)) IS NOT NULL", index)
		}
		if f.Type == "Many2one" && !there {
			key := fmt.Sprintf("%s_%s_fkey", table, f.Name)
			action := "SET NULL"
			if f.Required {
				action = "RESTRICT"
			}
			r.try(ctx, false, constraint{key: key,
				sql: fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s (id) ON DELETE %s", orm.Quote(table),
					orm.Quote(key), orm.Quote(f.Name), orm.Quote(addons.Table(f.Comodel)), action),
				failure: fmt.Sprintf("Table '%s': unable to add foreign key on '%s'", table, f.Name)},
				"SELECT count(*) > 0 FROM pg_constraint WHERE conname = $1", key)
		}
	}
	return nil
}

func (r *run) existing(ctx context.Context, table string) (map[string]column, error) {
	rows, err := r.conn.Query(ctx, `SELECT a.attname, NOT a.attnotnull FROM pg_attribute a
		WHERE a.attrelid = to_regclass('public.' || quote_ident($1)) AND a.attnum > 0 AND NOT a.attisdropped`, table)
	if err != nil {
		return nil, err
	}
	have := map[string]column{}
	var name string
	var c column
	_, err = pgx.ForEachRow(rows, []any{&name, &c.nullable}, func() error { have[name] = c; return nil })
	return have, err
}

// try applies a constraint unless exists finds it. A failure is only logged, and tried again at the end.
func (r *run) try(ctx context.Context, fresh bool, c constraint, exists, name string) {
	var there bool
	if err := r.conn.QueryRow(ctx, exists, name).Scan(&there); err != nil || there {
		return
	}
	if err := r.apply(ctx, c); err != nil {
		if fresh {
			odoolog.Error(r.db, "odoo.schema", "%s", c.failure)
		} else {
			odoolog.Info(r.db, "odoo.schema", "%s", c.failure)
		}
		r.queue = append(r.queue, c)
	}
}

// apply runs the statement inside a savepoint, so that a cancel or a timeout ends only this one.
func (r *run) apply(ctx context.Context, c constraint) error {
	if err := r.exec(ctx, "SAVEPOINT shop"); err != nil {
		return err
	}
	if err := r.exec(ctx, c.sql); err != nil {
		if back := r.exec(ctx, "ROLLBACK TO SAVEPOINT shop"); back != nil {
			return back
		}
		return err
	}
	return r.exec(ctx, "RELEASE SAVEPOINT shop")
}

// notNulls is tried before data and scripts: a column that only a post script fills gets its NOT NULL at the very end.
func (r *run) notNulls(ctx context.Context, fresh bool) error {
	pending := r.nulls
	r.nulls = nil
	for _, c := range pending {
		if err := r.apply(ctx, c); err != nil {
			if ctx.Err() != nil || r.conn.IsClosed() {
				return err
			}
			if fresh {
				odoolog.Error(r.db, "odoo.schema", "%s", c.failure)
			} else {
				odoolog.Info(r.db, "odoo.schema", "%s", c.failure)
			}
			r.queue = append(r.queue, c)
		}
	}
	return nil
}

// lastConstraints is the second and last try: it warns and goes on.
func (r *run) lastConstraints(ctx context.Context) error {
	for _, c := range r.queue {
		if err := r.apply(ctx, c); err != nil {
			if ctx.Err() != nil || r.conn.IsClosed() {
				return err
			}
			odoolog.Warning(r.db, "odoo.schema", "%s", c.failure)
		}
	}
	r.queue = nil
	return nil
}

// reflect writes the models and fields into ir_model and ir_model_fields, with the XML ids by which removed ones are found.
func (r *run) reflect(ctx context.Context, m *addons.Module, model string, fields []addons.Field) error {
	var modelID int
	err := r.conn.QueryRow(ctx, `INSERT INTO ir_model (model, name) VALUES ($1, $2)
		ON CONFLICT (model) DO UPDATE SET name = coalesce(ir_model.name, excluded.name) RETURNING id`, model, r.reg.Models[model].Description).Scan(&modelID)
	if err != nil {
		return err
	}
	if err := r.xmlID(ctx, m.Name, "model_"+addons.Table(model), "ir.model", modelID, false); err != nil {
		return err
	}
	for _, name := range addons.Magic {
		fields = append(fields, addons.Field{Name: name, Type: "Integer", Store: true})
	}
	for _, f := range fields {
		var id int
		err := r.conn.QueryRow(ctx, `INSERT INTO ir_model_fields (name, model, model_id, ttype, relation, required, store, index)
			VALUES ($1, $2, $3, $4, nullif($5, ''), $6, $7, $8) ON CONFLICT (model, name) DO UPDATE SET ttype = excluded.ttype,
			relation = excluded.relation, required = excluded.required, store = excluded.store, index = excluded.index RETURNING id`,
			f.Name, model, modelID, strings.ToLower(f.Type), f.Comodel, f.Required, f.Store, f.Index).Scan(&id)
		if err != nil {
			return err
		}
		if err := r.xmlID(ctx, m.Name, "field_"+addons.Table(model)+"__"+f.Name, "ir.model.fields", id, false); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) xmlID(ctx context.Context, module, name, model string, id int, noupdate bool) error {
	r.seen[module+"."+name] = true
	return r.exec(ctx, `INSERT INTO ir_model_data (module, name, model, res_id, noupdate) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (module, name) DO UPDATE SET write_date = excluded.write_date`, module, name, model, id, noupdate)
}
