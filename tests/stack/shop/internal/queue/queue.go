// Package queue is the runner and the workers of OCA's queue_job in one process.
package queue

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"ostler.example/shop/internal/cli"
	"ostler.example/shop/internal/odoolog"
	"ostler.example/shop/internal/pg"
)

const logger = "odoo.addons.queue_job.jobrunner.runner"

// Runner takes jobs of all tenants, at most Opt.QueueChannels at once in each.
type Runner struct {
	Server pg.Server
	Opt    cli.Options
}

// Run opens the databases once, as OCA's runner does, and works until ctx ends; jobs that have started are finished.
func (r *Runner) Run(ctx context.Context) {
	odoolog.Info("", logger, "starting")
	var dbs []string
	for ctx.Err() == nil {
		var err error
		if dbs = r.Opt.Databases; len(dbs) == 0 {
			dbs, err = r.Server.Databases(ctx)
		}
		if err == nil {
			break
		}
		odoolog.Error("", logger, "exception: %s, sleeping 1s and retrying", err)
		pause(ctx, time.Second)
	}
	var all sync.WaitGroup
	for _, db := range dbs {
		all.Go(func() { r.database(ctx, db) })
	}
	odoolog.Info("", logger, "database connections ready")
	all.Wait()
	odoolog.Info("", logger, "stopped")
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (r *Runner) database(ctx context.Context, db string) {
	for ctx.Err() == nil {
		conn, err := r.Server.Connect(ctx, db)
		if err == nil {
			err = r.work(ctx, conn, db)
			conn.Close(context.WithoutCancel(ctx))
			if err == nil {
				return
			}
		}
		if ctx.Err() == nil {
			odoolog.Error(db, logger, "exception: %s, sleeping 1s and retrying", err)
		}
		pause(ctx, time.Second)
	}
}

// work listens and takes jobs. A database where queue_job is not installed is dropped until the next start.
func (r *Runner) work(ctx context.Context, conn *pgx.Conn, db string) error {
	var installed bool
	err := conn.QueryRow(ctx, `SELECT to_regclass('public.ir_module_module') IS NOT NULL AND to_regclass('public.queue_job') IS NOT NULL`).Scan(&installed)
	if err == nil && installed {
		err = conn.QueryRow(ctx, "SELECT count(*) > 0 FROM ir_module_module WHERE name = 'queue_job' AND state = 'installed'").Scan(&installed)
	}
	if err != nil {
		return err
	}
	if !installed {
		odoolog.Info(db, logger, "queue_job is not installed for db %s", db)
		return nil
	}
	var triggers int
	if err := conn.QueryRow(ctx, `SELECT count(*) FROM information_schema.triggers
		WHERE event_object_table = 'queue_job' AND trigger_name = 'queue_job_notify'`).Scan(&triggers); err != nil {
		return err
	}
	if triggers != 3 {
		odoolog.Error(db, logger, "queue_job_notify trigger is missing in db %s", db)
		return nil
	}
	if _, err := conn.Exec(ctx, "LISTEN queue_job"); err != nil {
		return err
	}
	odoolog.Info(db, logger, "queue job runner ready for db %s", db)
	for ctx.Err() == nil {
		n, err := r.batch(context.WithoutCancel(ctx), conn)
		if err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		wait, cancel := context.WithTimeout(ctx, time.Second)
		_, err = conn.WaitForNotification(wait)
		cancel()
		if conn.IsClosed() {
			return err
		}
	}
	return nil
}

type job struct {
	ID     int
	Method string
	Order  string
}

// batch takes as many jobs as the channel has room for: pending, enqueued, started, done.
func (r *Runner) batch(ctx context.Context, conn *pgx.Conn) (int, error) {
	var jobs []job
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `UPDATE queue_job SET state = 'enqueued', date_enqueued = clock_timestamp(), write_date = now() WHERE id IN (
			SELECT id FROM queue_job WHERE state = 'pending' ORDER BY priority, id LIMIT $1 FOR UPDATE SKIP LOCKED)
			RETURNING id, coalesce(method_name, ''), coalesce(uuid, '')`, r.Opt.QueueChannels)
		if err != nil {
			return err
		}
		jobs, err = pgx.CollectRows(rows, pgx.RowToStructByPos[job])
		return err
	})
	if err != nil || len(jobs) == 0 {
		return 0, err
	}
	ids := make([]int, len(jobs))
	for i, j := range jobs {
		ids[i] = j.ID
	}
	if _, err := conn.Exec(ctx, "UPDATE queue_job SET state = 'started', date_started = clock_timestamp(), worker_pid = $2, write_date = now() WHERE id = ANY($1)", ids, os.Getpid()); err != nil {
		return 0, err
	}
	for _, j := range jobs {
		if err := r.perform(ctx, conn, j); err != nil {
			return 0, err
		}
	}
	return len(jobs), nil
}

// perform runs one job; what goes wrong in it makes it failed, with the exception's name.
func (r *Runner) perform(ctx context.Context, conn *pgx.Conn, j job) error {
	run := pg.Retry(func() error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if j.Method == "send_confirmation" {
				if _, err := tx.Exec(ctx, "UPDATE sale_order SET confirmation_sent = true, write_date = now() WHERE client_uuid = $1", j.Order); err != nil {
					return err
				}
			}
			_, err := tx.Exec(ctx, "UPDATE queue_job SET state = 'done', date_done = clock_timestamp(), write_date = now() WHERE id = $1", j.ID)
			return err
		})
	})
	if run == nil || pg.Gone(run) {
		return run
	}
	_, err := conn.Exec(ctx, "UPDATE queue_job SET state = 'failed', exc_name = $2, exc_info = $3, write_date = now() WHERE id = $1", j.ID, pg.Name(run), run.Error())
	return err
}
