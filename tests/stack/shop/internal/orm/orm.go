// Package orm writes and reads records with the columns that this code version knows, and no others.
package orm

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"ostler.example/shop/internal/addons"
)

// Querier is a transaction or a connection.
type Querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Create inserts one record. Fields without a value get the default of the code: the database has none.
// With conflict ("(client_uuid)") a record that is there already is left alone, and id is 0.
func Create(ctx context.Context, q Querier, e *addons.Entry, values map[string]any, conflict string) (id int, err error) {
	now := time.Now().UTC()
	all := map[string]any{"create_date": now, "write_date": now, "create_uid": 1, "write_uid": 1}
	for _, name := range e.Columns() {
		if d := e.Fields[name].Default; d != nil {
			if d == "now" {
				d = now
			}
			all[name] = d
		}
	}
	for k, v := range values {
		all[k] = v
	}
	names := make([]string, 0, len(all))
	for k := range all {
		names = append(names, k)
	}
	sort.Strings(names)
	args, marks, columns := []any{}, []string{}, []string{}
	for i, k := range names {
		columns = append(columns, Quote(k))
		marks = append(marks, fmt.Sprintf("$%d", i+1))
		args = append(args, all[k])
	}
	sql := fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", Quote(addons.Table(e.Name)), strings.Join(columns, ", "), strings.Join(marks, ", "))
	if conflict != "" {
		sql += " ON CONFLICT " + conflict + " DO NOTHING"
	}
	err = q.QueryRow(ctx, sql+" RETURNING id", args...).Scan(&id)
	if err == pgx.ErrNoRows && conflict != "" {
		return 0, nil
	}
	return id, err
}

// Read gives the records with every column the code knows, so a column that is missing is an error, as in Odoo.
func Read(ctx context.Context, q Querier, e *addons.Entry, where string, args ...any) ([]map[string]any, error) {
	columns := []string{"id"}
	for _, c := range e.Columns() {
		columns = append(columns, Quote(c))
	}
	return rows(ctx, q, fmt.Sprintf("SELECT %s, create_date, write_date FROM %s %s", strings.Join(columns, ", "), Quote(addons.Table(e.Name)), where), args...)
}

func rows(ctx context.Context, q Querier, sql string, args ...any) ([]map[string]any, error) {
	r, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(r, pgx.RowToMap)
}

// Quote makes an identifier safe.
func Quote(name string) string { return pgx.Identifier{name}.Sanitize() }
