package update

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"ostler.example/shop/internal/addons"
	"ostler.example/shop/internal/odoolog"
	"ostler.example/shop/internal/orm"
	"ostler.example/shop/internal/passwd"
	"ostler.example/shop/internal/pylit"
)

type dataFile struct {
	NoUpdate string   `xml:"noupdate,attr"`
	Records  []record `xml:"record"`
}

type record struct {
	ID     string      `xml:"id,attr"`
	Model  string      `xml:"model,attr"`
	Fields []dataField `xml:"field"`
}

type dataField struct {
	Name  string `xml:"name,attr"`
	Ref   string `xml:"ref,attr"`
	Eval  string `xml:"eval,attr"`
	Type  string `xml:"type,attr"`
	Inner string `xml:",innerxml"`
	Text  string `xml:",chardata"`
}

type parseError struct {
	path string
	err  error
}

func (e *parseError) Error() string {
	return fmt.Sprintf("while parsing %s, somewhere inside\n%s", e.path, e.err)
}
func (e *parseError) Unwrap() error { return e.err }

// data writes the records of the manifest's files. Rights (csv) have no table here.
func (r *run) data(ctx context.Context, m *addons.Module, fresh bool) error {
	for _, name := range m.Data {
		if filepath.Ext(name) != ".xml" {
			continue
		}
		odoolog.Info(r.db, logger, "loading %s/%s", m.Name, name)
		path := filepath.Join(m.Path, name)
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var f dataFile
		if err := xml.Unmarshal(text, &f); err != nil {
			return &parseError{path, err}
		}
		for _, rec := range f.Records {
			if err := r.record(ctx, m, rec, f.NoUpdate == "1", fresh); err != nil {
				return &parseError{path, err}
			}
		}
	}
	return nil
}

func (r *run) record(ctx context.Context, m *addons.Module, rec record, noupdate, fresh bool) error {
	entry := r.reg.Models[rec.Model]
	if entry == nil {
		return fmt.Errorf("no model %s", rec.Model)
	}
	var id int
	var kept bool
	err := r.conn.QueryRow(ctx, "SELECT res_id, noupdate FROM ir_model_data WHERE module = $1 AND name = $2", m.Name, rec.ID).Scan(&id, &kept)
	known := err == nil
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	if known && !fresh && (kept || noupdate) {
		r.seen[m.Name+"."+rec.ID] = true
		return nil
	}
	values, err := r.values(ctx, m, rec)
	if err != nil {
		return err
	}
	if known {
		err = r.write(ctx, rec.Model, id, values)
	} else {
		id, err = orm.Create(ctx, r.conn, entry, values, "")
	}
	if err != nil {
		return err
	}
	return r.xmlID(ctx, m.Name, rec.ID, rec.Model, id, noupdate)
}

func (r *run) values(ctx context.Context, m *addons.Module, rec record) (map[string]any, error) {
	values := map[string]any{}
	for _, f := range rec.Fields {
		name := f.Name
		if name == "arch" {
			name = "arch_db"
		}
		switch {
		case f.Ref != "":
			module, id, ok := strings.Cut(f.Ref, ".")
			if !ok {
				module, id = m.Name, f.Ref
			}
			var n int
			if err := r.conn.QueryRow(ctx, "SELECT res_id FROM ir_model_data WHERE module = $1 AND name = $2", module, id).Scan(&n); err != nil {
				return nil, fmt.Errorf("External ID not found in the system: %s.%s: %w", module, id, err)
			}
			values[name] = n
		case f.Eval != "":
			v, err := pylit.Parse(f.Eval)
			if err != nil {
				return nil, err
			}
			values[name] = v
		case f.Type == "xml":
			values[name] = strings.TrimSpace(f.Inner)
		default:
			values[name] = strings.TrimSpace(f.Text)
		}
	}
	if p, ok := values["password"].(string); ok && rec.Model == "res.users" {
		values["password"] = passwd.Hash(p)
	}
	return values, nil
}

// write updates a record. A cron that runs just now holds its row: Odoo does not wait for it.
func (r *run) write(ctx context.Context, model string, id int, values map[string]any) error {
	table := orm.Quote(addons.Table(model))
	if model == "ir.cron" {
		if err := r.exec(ctx, "SELECT id FROM ir_cron WHERE id = $1 FOR NO KEY UPDATE NOWAIT", id); err != nil {
			return fmt.Errorf("Record cannot be modified right now: This cron task is currently being executed and may not be modified. %w", err)
		}
	}
	set, args := []string{"write_date = now()"}, []any{id}
	for k, v := range values {
		args = append(args, v)
		set = append(set, fmt.Sprintf("%s = $%d", orm.Quote(k), len(args)))
	}
	return r.exec(ctx, fmt.Sprintf("UPDATE %s SET %s WHERE id = $1", table, strings.Join(set, ", ")), args...)
}
