// Package cron runs the scheduled actions of all tenants as Odoo's cron workers do.
package cron

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"ostler.example/shop/internal/addons"
	"ostler.example/shop/internal/cli"
	"ostler.example/shop/internal/odoolog"
	"ostler.example/shop/internal/pg"
)

const (
	logger   = "odoo.addons.base.models.ir_cron"
	interval = 2 * time.Second // Odoo looks once a minute; the shop's day is shorter
	jobTime  = 300 * time.Millisecond
)

// Worker is one cron thread.
type Worker struct {
	Server pg.Server
	Code   *addons.Code
	Opt    cli.Options

	strange map[string]bool // databases that have no ir_cron
}

// Run works until ctx ends; a job that has begun is finished.
func (w *Worker) Run(ctx context.Context) {
	wake := make(chan string, 16)
	w.strange = map[string]bool{}
	go w.listen(ctx, wake)
	for ctx.Err() == nil {
		dbs := w.Opt.Databases
		if len(dbs) == 0 {
			var err error
			if dbs, err = w.Server.Databases(ctx); err != nil && ctx.Err() == nil {
				odoolog.Warning("", "odoo.service.server", "Tried to list the databases: %s", err)
			}
		}
		for _, db := range dbs {
			if ctx.Err() == nil {
				w.database(ctx, db)
			}
		}
		select {
		case <-ctx.Done():
		case <-wake:
		case <-time.After(interval):
		}
	}
}

// listen keeps the connection on database postgres over which jobs are announced.
func (w *Worker) listen(ctx context.Context, wake chan<- string) {
	for ctx.Err() == nil {
		conn, err := w.Server.Connect(ctx, "postgres")
		if err == nil {
			_, err = conn.Exec(ctx, "LISTEN cron_trigger")
			for err == nil {
				n, waitErr := conn.WaitForNotification(ctx)
				if err = waitErr; err == nil {
					select {
					case wake <- n.Payload:
					default:
					}
				}
			}
			conn.Close(context.WithoutCancel(ctx))
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

var (
	errBadVersion = errors.New("bad version")
	errBadState   = errors.New("bad module state")
)

func (w *Worker) database(ctx context.Context, db string) {
	conn, err := w.Server.Connect(ctx, db)
	if err != nil {
		if ctx.Err() == nil {
			odoolog.Warning(db, logger, "Exception in cron: %s", err)
		}
		return
	}
	defer conn.Close(context.WithoutCancel(ctx))
	err = w.check(ctx, conn)
	switch {
	case errors.Is(err, errBadVersion):
		odoolog.Warning(db, logger, "Skipping database %s as its base version is not %s.", db, w.Code.Modules["base"].Version)
	case errors.Is(err, errBadState):
		odoolog.Warning(db, logger, "Skipping database %s because of modules to install/upgrade/remove.", db)
	case pg.Code(err) == "42P01":
		if !w.strange[db] { // once: it is not a tenant
			w.strange[db] = true
			odoolog.Warning(db, logger, "Tried to poll an undefined table on database %s.", db)
		}
	case err != nil && ctx.Err() == nil:
		odoolog.Warning(db, logger, "Exception in cron: %s", err)
	}
	if err != nil {
		return
	}
	rows, err := conn.Query(ctx, "SELECT id FROM ir_cron WHERE "+due+" ORDER BY failure_count, priority, id")
	if err != nil {
		return
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	for _, id := range ids {
		if ctx.Err() != nil || err != nil {
			return
		}
		if err = w.job(context.WithoutCancel(ctx), conn, db, id); err != nil {
			odoolog.Error(db, logger, "Exception in cron: %s", err)
		}
	}
}

const due = `active AND (nextcall <= now() OR id IN (SELECT cron_id FROM ir_cron_trigger WHERE call_at <= now()))`

// check refuses a database that another code version works on.
func (w *Worker) check(ctx context.Context, conn *pgx.Conn) error {
	var version string
	var changes int
	err := conn.QueryRow(ctx, `SELECT (SELECT coalesce(latest_version, '') FROM ir_module_module WHERE name = 'base'),
		(SELECT count(*) FROM ir_module_module WHERE state LIKE 'to %')`).Scan(&version, &changes)
	switch {
	case err != nil:
		return err
	case version != w.Code.Modules["base"].Version:
		return errBadVersion
	case changes > 0:
		return errBadState
	}
	return nil
}

// job takes one due job, which nobody else may hold, and keeps its row locked while it runs.
func (w *Worker) job(ctx context.Context, conn *pgx.Conn, db string, id int) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var name, code string
		err := tx.QueryRow(ctx, "SELECT cron_name, coalesce(code, '') FROM ir_cron WHERE id = $1 AND "+due+" FOR NO KEY UPDATE SKIP LOCKED", id).Scan(&name, &code)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		start := time.Now()
		odoolog.Info(db, logger, "Job '%s' (%d) starting", name, id)
		failed := w.action(ctx, db, code)
		result := "fully done"
		if failed != nil {
			result = "failed"
			odoolog.Error(db, logger, "Call from cron %s for server action failed: %s", name, failed)
		}
		odoolog.Info(db, logger, "Job '%s' (%d) %s (#loop 1; done 1; remaining 0; duration %.2fs)", name, id, result, time.Since(start).Seconds())
		if _, err := tx.Exec(ctx, `UPDATE ir_cron SET lastcall = now(), nextcall = now() + interval_number * ('1 ' || interval_type)::interval,
			failure_count = CASE WHEN $2::bool THEN failure_count + 1 ELSE 0 END, write_date = now() WHERE id = $1`, id, failed != nil); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "DELETE FROM ir_cron_trigger WHERE cron_id = $1 AND call_at <= now()", id)
		return err
	})
}

// action is the code of a job. It has a connection of its own, as Odoo's jobs have.
func (w *Worker) action(ctx context.Context, db, code string) error {
	conn, err := w.Server.Connect(ctx, db)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	switch code {
	case "model._cron_heartbeat()":
		time.Sleep(jobTime)
		return w.note(ctx, conn, "sale_omni.heartbeat")
	case "model._run_vacuum_cleaner()":
		odoolog.Info(db, "odoo.addons.base.models.ir_attachment", "filestore gc 0 checked, 0 removed")
		return w.note(ctx, conn, "base.last_vacuum")
	case "model.autovacuum()":
		_, err := conn.Exec(ctx, "DELETE FROM queue_job WHERE state IN ('done', 'cancelled') AND date_done < now() - interval '30 days'")
		return err
	}
	return fmt.Errorf("NameError: %s", code)
}

func (w *Worker) note(ctx context.Context, conn *pgx.Conn, key string) error {
	pod, _ := os.Hostname()
	_, err := conn.Exec(ctx, `INSERT INTO ir_config_parameter (key, value, create_date, write_date) VALUES ($1, $2, now(), now())
		ON CONFLICT (key) DO UPDATE SET value = excluded.value, write_date = excluded.write_date`, key,
		fmt.Sprintf("%s by %s on %s", time.Now().UTC().Format(time.RFC3339Nano), w.Code.Settings.Version, pod))
	return err
}
