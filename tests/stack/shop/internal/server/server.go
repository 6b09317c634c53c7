// Package server is the odoo command: it updates databases, and runs the web, cron and queue servers it was asked for.
package server

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"

	"ostler.example/shop/internal/addons"
	"ostler.example/shop/internal/cli"
	"ostler.example/shop/internal/cron"
	"ostler.example/shop/internal/odoolog"
	"ostler.example/shop/internal/pg"
	"ostler.example/shop/internal/queue"
	"ostler.example/shop/internal/session"
	"ostler.example/shop/internal/settings"
	"ostler.example/shop/internal/tenant"
	"ostler.example/shop/internal/update"
	"ostler.example/shop/internal/web"
)

const logger = "odoo.service.server"

// start reads the command line and the image. A wrong one ends with exit code 2, as Odoo's option parser does.
func start(args []string) (cli.Options, *addons.Code, bool) {
	opt, err := cli.Parse(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "Usage: odoo [options]\n\nodoo: error: %s\n", err)
		return opt, nil, false
	}
	code, err := addons.Load(settings.Root(), opt.AddonsPath)
	if err != nil {
		fmt.Fprintf(os.Stderr, "odoo: error: %s\n", err)
		return opt, nil, false
	}
	return opt, code, true
}

// Main is `odoo`, with or without the word server.
func Main(args []string) int {
	opt, code, ok := start(args)
	if !ok {
		return 2
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	odoolog.Info("", "odoo", "Odoo version %s", code.Series)
	odoolog.Info("", "odoo", "addons paths: %s", strings.Join(code.Paths, ", "))
	odoolog.Info("", "odoo", "database: %s@%s:%d", opt.DBUser, opt.DBHost, opt.DBPort)
	result := preload(ctx, code, opt)
	if opt.StopAfterInit || ctx.Err() != nil {
		return result
	}
	if code.Settings.CrashAtStart {
		odoolog.Critical("", "odoo.modules.module", "Couldn't load module sale_omni\nTraceback (most recent call last):\nImportError: cannot import name 'slots' from 'odoo.addons.sale_omni.models'")
		return 1
	}
	return serve(ctx, code, opt)
}

// preload loads the databases of -d. One that fails makes the result -1, that is exit code 255.
func preload(ctx context.Context, code *addons.Code, opt cli.Options) int {
	result := 0
	for _, db := range opt.Databases {
		if r := update.Database(ctx, code, opt, db); r != 0 {
			result = r
		}
	}
	return result
}

func serve(ctx context.Context, code *addons.Code, opt cli.Options) int {
	server := pg.FromOptions(opt)
	var all sync.WaitGroup
	for range opt.MaxCronThreads {
		all.Go(func() { (&cron.Worker{Server: server, Code: code, Opt: opt}).Run(ctx) })
	}
	if opt.QueueChannels > 0 {
		all.Go(func() { (&queue.Runner{Server: server, Opt: opt}).Run(ctx) })
	}
	result := 0
	if opt.HTTP {
		sessions, err := session.FromEnv()
		if err != nil {
			odoolog.Critical("", logger, "session_redis: %s", err)
			return 1
		}
		tenants := tenant.New(server, code)
		if err := web.New(code, opt, tenants, sessions).Run(ctx); err != nil {
			odoolog.Critical("", logger, "%s", err)
			return 1
		}
		tenants.Close()
	} else {
		<-ctx.Done()
	}
	odoolog.Info("", logger, "Initiating shutdown")
	all.Wait()
	return result
}
