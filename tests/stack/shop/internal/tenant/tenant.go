// Package tenant keeps, for each tenant database, a pool of connections and the registry that this code believes in.
package tenant

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ostler.example/shop/internal/addons"
	"ostler.example/shop/internal/odoolog"
	"ostler.example/shop/internal/pg"
)

// Tenants are the databases this process has been asked for.
type Tenants struct {
	Server   pg.Server
	Code     *addons.Code
	Reloaded func(db string) // called when signaling made a registry reload

	mu   sync.Mutex
	open map[string]*Tenant
}

// Tenant is one database.
type Tenant struct {
	Name string
	Pool *pgxpool.Pool

	mu       sync.Mutex
	registry *addons.Registry
	signals  [2]int64
}

// New makes the set, empty: databases are opened by the first request for them.
func New(server pg.Server, code *addons.Code) *Tenants {
	return &Tenants{Server: server, Code: code, Reloaded: func(string) {}, open: map[string]*Tenant{}}
}

func (t *Tenants) pool(db string) (*Tenant, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if one := t.open[db]; one != nil {
		return one, nil
	}
	conn, err := t.Server.Config(db)
	if err != nil {
		return nil, err
	}
	conf, err := pgxpool.ParseConfig("pool_max_conns=4 pool_min_conns=0")
	if err != nil {
		return nil, err
	}
	conf.ConnConfig = conn
	conf.MaxConnIdleTime = time.Minute
	conf.HealthCheckPeriod = 15 * time.Second
	conf.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return true } // as DISCARD ALL of Odoo's pool: a dead connection is not lent
	pool, err := pgxpool.NewWithConfig(context.Background(), conf)
	if err != nil {
		return nil, err
	}
	one := &Tenant{Name: db, Pool: pool}
	t.open[db] = one
	return one, nil
}

// Get opens a tenant and looks whether an update of the database has signalled this worker to reload.
func (t *Tenants) Get(ctx context.Context, db string) (*Tenant, *addons.Registry, error) {
	one, err := t.pool(db)
	if err != nil {
		return nil, nil, err
	}
	var now [2]int64
	err = one.Pool.QueryRow(ctx, "SELECT (SELECT last_value FROM base_registry_signaling), (SELECT last_value FROM base_cache_signaling)").Scan(&now[0], &now[1])
	if err != nil {
		t.forget(one, err)
		return nil, nil, err
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	if one.registry != nil && now[0] == one.signals[0] {
		one.signals = now
		return one, one.registry, nil
	}
	if one.registry != nil {
		odoolog.Info(db, "odoo.modules.registry", "Reloading the model registry after database signaling.")
		t.Reloaded(db)
	}
	reg, err := t.load(ctx, one)
	if err != nil {
		return nil, nil, err
	}
	one.registry, one.signals = reg, now
	return one, reg, nil
}

// forget closes the pool of a database that is not there.
func (t *Tenants) forget(one *Tenant, err error) {
	if pg.Code(err) != "3D000" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open[one.Name] == one {
		delete(t.open, one.Name)
		go one.Pool.Close()
	}
}

// load builds the registry from the code of the installed modules. The tables are not looked at, as in Odoo.
func (t *Tenants) load(ctx context.Context, one *Tenant) (*addons.Registry, error) {
	start := time.Now()
	rows, err := one.Pool.Query(ctx, "SELECT name FROM ir_module_module WHERE state IN ('installed', 'to upgrade', 'to remove')")
	if err != nil {
		return nil, err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	reg := addons.NewRegistry()
	for _, m := range t.Code.Graph(one.Name, names) {
		reg.Add(m)
	}
	odoolog.Info(one.Name, "odoo.modules.registry", "Registry loaded in %.3fs", time.Since(start).Seconds())
	return reg, nil
}

// Tx runs f in a transaction of the isolation Odoo uses, again when another transaction was in its way.
func (one *Tenant) Tx(ctx context.Context, f func(pgx.Tx) error) error {
	return pg.Retry(func() error {
		return pgx.BeginTxFunc(ctx, one.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, f)
	})
}

// Close ends all connections.
func (t *Tenants) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, one := range t.open {
		one.Pool.Close()
	}
}
