package update

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ostler.example/shop/internal/addons"
	"ostler.example/shop/internal/cli"
	"ostler.example/shop/internal/imagetest"
	"ostler.example/shop/internal/odoolog"
	"ostler.example/shop/internal/orm"
	"ostler.example/shop/internal/pg"
	"ostler.example/shop/internal/pgtest"
)

var server *pgtest.Server

func TestMain(m *testing.M) {
	var err error
	if server, err = pgtest.Start(); err != nil {
		fmt.Println("skipped:", err)
		os.Exit(0)
	}
	code := m.Run()
	server.Stop()
	os.Exit(code)
}

// shop is one tenant database with image 1's modules, and the log of what ran on it.
type shop struct {
	t    *testing.T
	db   string
	log  *buffer
	conn *pgx.Conn
}

type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func (b *buffer) await(t *testing.T, text string) {
	t.Helper()
	for range 500 {
		if strings.Contains(b.String(), text) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("the log never said %q:\n%s", text, b)
}

var template sync.Once

func open(t *testing.T) *shop {
	t.Helper()
	Setup = 10 * time.Millisecond
	s := &shop{t: t, db: strings.ToLower(strings.ReplaceAll(t.Name(), "/", "_")), log: &buffer{}}
	odoolog.SetOutput(s.log)
	template.Do(func() {
		server.Admin(t, "CREATE DATABASE shop_template OWNER odoo")
		if r := s.run("1", "shop_template", "-i", "pos_retail"); r != 0 {
			t.Fatal(r, s.log)
		}
	})
	server.Admin(t, fmt.Sprintf("CREATE DATABASE %s TEMPLATE shop_template OWNER odoo", s.db))
	s.log = &buffer{}
	odoolog.SetOutput(s.log)
	var err error
	if s.conn, err = server.Odoo.Connect(t.Context(), s.db); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.conn.Close(context.Background()) })
	s.exec(`INSERT INTO sale_order (name, client_uuid, partner_id, company_id, state, date_order, gift_note)
		SELECT 'S1', 'old-' || i, 1, 1, 'sale', now(), 'hello' FROM generate_series(1, 3) i`)
	return s
}

func image(t *testing.T, version string) *addons.Code {
	t.Helper()
	return imagetest.Code(t, version)
}

func options(t *testing.T, args ...string) cli.Options {
	t.Helper()
	o, err := cli.Parse(args)
	if err != nil {
		t.Fatal(err)
	}
	o.DBHost, o.DBPort, o.DBUser, o.DBPassword = server.Odoo.Host, server.Odoo.Port, server.Odoo.User, server.Odoo.Password
	return o
}

func (s *shop) run(version, db string, args ...string) int {
	s.t.Helper()
	return Database(s.t.Context(), image(s.t, version), options(s.t, args...), db)
}

func (s *shop) guarded(version string, args ...string) int {
	s.t.Helper()
	dir := s.t.TempDir()
	os.MkdirAll(filepath.Join(dir, "keeper"), 0o755)
	os.WriteFile(filepath.Join(dir, "keeper/__init__.py"), []byte("def _drop_column(self):\n    for f in self:\n        _logger.info(\"kept %s of %s\", f.name, f.model)\n"), 0o644)
	code := image(s.t, version)
	code.Paths = append([]string{dir}, code.Paths...)
	return Database(s.t.Context(), code, options(s.t, append(args, "--load=base,web,keeper")...), s.db)
}

func (s *shop) exec(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.conn.Exec(s.t.Context(), sql, args...); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) text(sql string, args ...any) string {
	s.t.Helper()
	var v string
	if err := s.conn.QueryRow(s.t.Context(), sql, args...).Scan(&v); err != nil {
		s.t.Fatal(err)
	}
	return v
}

func (s *shop) module(name string) string {
	s.t.Helper()
	return s.text("SELECT state || ' ' || latest_version FROM ir_module_module WHERE name = $1", name)
}

func (s *shop) signal() string {
	s.t.Helper()
	return s.text("SELECT last_value::text FROM base_registry_signaling")
}

func (s *shop) columns(table string) string {
	s.t.Helper()
	return s.text("SELECT string_agg(column_name || CASE is_nullable WHEN 'NO' THEN '!' ELSE '' END, ' ' ORDER BY ordinal_position) FROM information_schema.columns WHERE table_name = $1", table)
}

func (s *shop) is(what, got, want string) {
	s.t.Helper()
	if got != want {
		s.t.Errorf("%s: %q, want %q\n%s", what, got, want, s.log)
	}
}

func (s *shop) exit(got, want int) {
	s.t.Helper()
	if got != want {
		s.t.Fatalf("result %d, want %d\n%s", got, want, s.log)
	}
}

func (s *shop) logged(text string, want bool) {
	s.t.Helper()
	if strings.Contains(s.log.String(), text) != want {
		s.t.Errorf("%q in the log: want %v\n%s", text, want, s.log)
	}
}

// order writes and reads an order as the code of a version does.
func (s *shop) order(version string) error {
	reg := addons.NewRegistry()
	code := image(s.t, version)
	for _, m := range code.Graph(s.db, []string{"base", "web", "queue_job", "sale_omni", "pos_retail"}) {
		reg.Add(m)
	}
	return pgx.BeginFunc(s.t.Context(), s.conn, func(tx pgx.Tx) error {
		e := reg.Models["sale.order"]
		id, err := orm.Create(s.t.Context(), tx, e, map[string]any{"name": "S2", "client_uuid": fmt.Sprint("new-", version, time.Now().UnixNano()),
			"partner_id": 1, "company_id": 1, "date_order": time.Now()}, "")
		if err != nil {
			return err
		}
		_, err = orm.Read(s.t.Context(), tx, e, "WHERE id = $1", id)
		return err
	})
}

func (s *shop) orderFails(version, sqlstate string) {
	s.t.Helper()
	if err := s.order(version); pg.Code(err) != sqlstate {
		s.t.Errorf("order by version %s: %v, want %q", version, err, sqlstate)
	}
}

func TestGuardedUpdateKeepsOldCodeWorking(t *testing.T) {
	s := open(t)
	s.orderFails("1", "")
	s.orderFails("2", "42703")
	before := s.signal()
	s.exec("DELETE FROM ir_cron_trigger")
	s.exit(s.guarded("2", "-u", "sale_omni"), 0)
	s.is("sale_omni", s.module("sale_omni"), "installed 18.0.2.0")
	s.is("pos_retail, which depends on it", s.module("pos_retail"), "installed 18.0.2.0")
	s.is("columns", s.columns("sale_order_line"), "id! create_uid create_date write_uid write_date order_id! name! product_uom_qty! price_unit! discount")
	s.logged("INFO "+s.db+" odoo.addons.keeper: kept sale_order of gift_note", true)
	s.is("the removed field", s.text("SELECT count(*)::text FROM ir_model_fields WHERE name = 'gift_note'"), "0")
	s.is("its value", s.text("SELECT min(gift_note) FROM sale_order"), "hello")
	s.orderFails("1", "")
	s.orderFails("2", "")
	if s.signal() == before {
		t.Error("workers were not signalled")
	}
	s.is("autovacuum", s.text("SELECT count(*)::text FROM ir_cron_trigger WHERE call_at > now() + interval '50 s'"), "1")
	for _, line := range []string{"Loading module sale_omni (4/5)", "Loading module pos_retail (5/5)", "Modules loaded.", "Registry loaded in"} {
		s.logged(line, true)
	}
}

func TestBareUpdateDropsTheColumn(t *testing.T) {
	s := open(t)
	s.exit(s.run("2", s.db, "-u", "sale_omni"), 0)
	s.is("gift_note", s.text("SELECT count(*)::text FROM information_schema.columns WHERE column_name = 'gift_note'"), "0")
	s.orderFails("1", "42703")
	s.orderFails("2", "")
}

func TestHalfway(t *testing.T) {
	s := open(t)
	before := s.signal()
	s.exit(s.run("2-halfway", s.db, "-u", "sale_omni"), -1)
	s.is("sale_omni", s.module("sale_omni"), "installed 18.0.1.0")
	s.is("pos_retail", s.module("pos_retail"), "installed 18.0.1.0")
	s.orderFails("2", "") // migrated all the same
	s.is("table of the second module", s.text("SELECT coalesce(to_regclass('pos_loyalty_card')::text, 'none')"), "none")
	s.is("signal", s.signal(), before)
	s.logged("Transient module states were reset", true)
	s.logged("Failed to load registry", true)
	s.logged("CRITICAL "+s.db+" odoo.service.server: Failed to initialize database `"+s.db+"`.", true)
	s.logged("Modules loaded.", false)

	// The second module alone: exit 0, and the first keeps its old version for ever.
	s.exit(s.run("2", s.db, "-u", "pos_retail"), 0)
	s.is("sale_omni", s.module("sale_omni"), "installed 18.0.1.0")
	s.is("pos_retail", s.module("pos_retail"), "installed 18.0.2.0")
	// The whole list again puts it right.
	s.exit(s.run("2", s.db, "-u", "sale_omni,pos_retail"), 0)
	s.is("sale_omni", s.module("sale_omni"), "installed 18.0.2.0")
}

func TestNamesThatDoNothing(t *testing.T) {
	s := open(t)
	before := s.signal()
	s.exit(s.run("2", s.db, "-u", "sale_omin"), 0)
	s.logged("WARNING "+s.db+" odoo.modules.loading: invalid module names, ignored: sale_omin", true)
	if s.signal() == before {
		t.Error("an unknown name raises the counter too")
	}
	s.exec("UPDATE ir_module_module SET state = 'uninstalled' WHERE name = 'pos_retail'")
	s.log = &buffer{}
	odoolog.SetOutput(s.log)
	s.exit(s.run("2", s.db, "-u", "pos_retail"), 0)
	s.logged("pos_retail", false)
	s.is("sale_omni", s.module("sale_omni"), "installed 18.0.1.0")
}

func TestWrongDatabase(t *testing.T) {
	s := open(t)
	s.exit(s.run("2", "no_such_tenant", "-u", "sale_omni"), -1)
	s.logged("skipping auto-creation", true)
	server.Admin(t, "ALTER ROLE odoo CREATEDB")
	defer server.Admin(t, "ALTER ROLE odoo NOCREATEDB")
	s.exit(s.run("2", "wrong_tenant", "-u", "sale_omni"), 0)
	conn, err := server.Odoo.Connect(t.Context(), "wrong_tenant")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var n int
	conn.QueryRow(t.Context(), "SELECT count(*) FROM ir_module_module WHERE state = 'installed'").Scan(&n)
	if n != 2 {
		t.Errorf("%d modules installed, want base and web", n)
	}
}

func TestMissingModule(t *testing.T) {
	s := open(t)
	code := image(t, "2")
	delete(code.Modules, "pos_retail")
	s.exit(Database(t.Context(), code, options(t, "-u", "sale_omni"), s.db), 0)
	s.logged("module pos_retail: not installable, skipped", true)
	s.logged("Some modules are not loaded, some dependencies or manifest may be missing: ['pos_retail']", true)
	s.is("pos_retail", s.module("pos_retail"), "installed 18.0.1.0")

	delete(code.Modules, "sale_omni")
	code.Modules["pos_retail"] = image(t, "2").Modules["pos_retail"]
	s.exit(Database(t.Context(), code, options(t, "-u", "pos_retail"), s.db), 0)
	s.logged("Some modules have inconsistent states, some dependencies may be missing: ['pos_retail']", true)
	s.is("pos_retail", s.module("pos_retail"), "to upgrade 18.0.1.0")
}

func TestContractNeedsQuiet(t *testing.T) {
	s := open(t)
	s.exit(s.run("2-contract", s.db, "-u", "sale_omni"), 0)
	s.is("fulfilment", s.text("SELECT is_nullable || ' ' || coalesce(column_default, 'none') FROM information_schema.columns WHERE column_name = 'fulfilment'"), "NO none")
	s.is("old rows", s.text("SELECT min(fulfilment) FROM sale_order"), "ship")
	s.exec("ALTER TABLE sale_order ADD COLUMN IF NOT EXISTS gift_note varchar")
	s.orderFails("1", "23502")
	s.orderFails("2-contract", "")
}

func TestRowsInsertedDuringTheUpdate(t *testing.T) {
	s := open(t)
	Setup = 600 * time.Millisecond
	done := make(chan int)
	go func() { done <- s.run("2-contract", s.db, "-u", "sale_omni") }()
	s.log.await(t, "updating modules list")
	time.Sleep(200 * time.Millisecond)
	if err := s.order("1"); err != nil {
		t.Fatal(err)
	}
	s.exit(<-done, 0)
	s.logged("WARNING "+s.db+" odoo.schema: Table 'sale_order': unable to set NOT NULL on column 'fulfilment'", true)
	s.logged("Modules loaded.", true)
	s.is("version", s.module("sale_omni"), "installed 18.0.2.0")
	s.is("rows left behind", s.text("SELECT count(*)::text FROM sale_order WHERE fulfilment IS NULL"), "1")
	s.is("Q16c", s.text("SELECT is_nullable FROM information_schema.columns WHERE column_name = 'fulfilment'"), "YES")
}

func TestRowUpdatedDuringTheUpdate(t *testing.T) {
	s := open(t)
	Setup = 600 * time.Millisecond
	done := make(chan int)
	go func() { done <- s.run("2-contract", s.db, "-u", "sale_omni") }()
	s.log.await(t, "updating modules list")
	time.Sleep(200 * time.Millisecond)
	s.exec("UPDATE sale_order SET state = 'cancel'")
	s.exit(<-done, -1)
	s.logged("could not serialize access", true)
	s.is("sale_omni", s.module("sale_omni"), "installed 18.0.1.0")
	s.orderFails("1", "")
}

func TestRunningCron(t *testing.T) {
	s := open(t)
	tx, err := s.conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tx.Exec(t.Context(), "SELECT id FROM ir_cron FOR NO KEY UPDATE")
	s.exit(s.run("2", s.db, "-u", "sale_omni"), -1)
	tx.Rollback(t.Context())
	s.logged("odoo.tools.convert.ParseError: while parsing", true)
	s.orderFails("2", "42703")
}

// A kill leaves what was committed, and the states of what was not.
func TestKilled(t *testing.T) {
	s := open(t)
	ctx, kill := context.WithCancel(t.Context())
	done := make(chan int)
	go func() { done <- Database(ctx, image(t, "2-long"), options(t, "-u", "sale_omni"), s.db) }()
	s.log.await(t, "Module sale_omni loaded")
	s.log.await(t, "post-recompute.py")
	s.is("sale_omni", s.module("sale_omni"), "to upgrade 18.0.1.0")
	kill()
	s.exit(<-done, 1)
	s.is("sale_omni", s.module("sale_omni"), "to upgrade 18.0.1.0")
	s.is("pos_retail", s.module("pos_retail"), "to upgrade 18.0.1.0")
	s.orderFails("2", "")
	s.logged("Transient module states were reset", false)
}

// The state is no fence for the first module: it becomes visible with its commit.
func TestStateIsInvisibleAtFirst(t *testing.T) {
	s := open(t)
	Setup = 600 * time.Millisecond
	done := make(chan int)
	go func() { done <- s.run("2", s.db, "-u", "sale_omni") }()
	s.log.await(t, "updating modules list")
	time.Sleep(200 * time.Millisecond)
	s.is("sale_omni", s.module("sale_omni"), "installed 18.0.1.0")
	s.exit(<-done, 0)
}
