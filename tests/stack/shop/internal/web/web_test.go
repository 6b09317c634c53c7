package web

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"ostler.example/shop/internal/cli"
	"ostler.example/shop/internal/imagetest"
	"ostler.example/shop/internal/odoolog"
	"ostler.example/shop/internal/pgtest"
	"ostler.example/shop/internal/session"
	"ostler.example/shop/internal/tenant"
	"ostler.example/shop/internal/update"
)

var server *pgtest.Server

func TestMain(m *testing.M) {
	var err error
	if server, err = pgtest.Start(); err != nil {
		fmt.Println("skipped:", err)
		os.Exit(0)
	}
	odoolog.SetOutput(io.Discard)
	update.Setup = 0
	code := m.Run()
	server.Stop()
	os.Exit(code)
}

// shop is one web server on one tenant, and a browser.
type shop struct {
	t      *testing.T
	db     string
	server *httptest.Server
	client *http.Client
}

func options() cli.Options {
	return cli.Options{DBHost: server.Odoo.Host, DBPort: server.Odoo.Port, DBUser: server.Odoo.User}
}

// migrate is -u or -i of image version on the tenant.
func (s *shop) migrate(version string, init bool, list string) {
	s.t.Helper()
	opt := options()
	if init {
		opt.Init = []string{list}
	} else {
		opt.Update = []string{list}
	}
	if r := update.Database(s.t.Context(), imagetest.Code(s.t, version), opt, s.db); r != 0 {
		s.t.Fatal("update:", r)
	}
}

func open(t *testing.T) *shop {
	s := &shop{t: t, db: strings.ToLower(t.Name())}
	server.Admin(t, "CREATE DATABASE "+s.db+" OWNER odoo")
	s.migrate("1", true, "pos_retail")
	s.serve("1")
	return s
}

// serve starts the web server of a version; the browser keeps its cookies only within it.
func (s *shop) serve(version string) {
	s.t.Helper()
	store, err := session.FromEnv()
	if err != nil {
		s.t.Fatal(err)
	}
	tenants := tenant.New(server.Odoo, imagetest.Code(s.t, version))
	s.server = httptest.NewServer(New(tenants.Code, options(), tenants, store))
	s.t.Cleanup(func() { s.server.Close(); tenants.Close() })
	jar, _ := cookiejar.New(nil)
	s.client = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (s *shop) ask(method, path, kind, body string) (int, string, http.Header) {
	s.t.Helper()
	req, _ := http.NewRequest(method, s.server.URL+path, strings.NewReader(body))
	req.Host = s.db + ".shop.example"
	req.Header.Set("Content-Type", kind)
	res, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(text), res.Header
}

func (s *shop) get(path string) (int, string, http.Header) { return s.ask("GET", path, "", "") }
func (s *shop) post(path, body string) (int, string) {
	code, text, _ := s.ask("POST", path, "application/json", body)
	return code, text
}

func (s *shop) status(what string, got, want int) {
	s.t.Helper()
	if got != want {
		s.t.Errorf("%s: %d, want %d", what, got, want)
	}
}

func (s *shop) checkout(n int, want int) string {
	s.t.Helper()
	code, text := s.post("/shop/checkout", fmt.Sprintf(`{"order": "00000000-0000-4000-8000-%012d", "lines": [{"product": "Cup", "qty": 2, "price": 3}]}`, n))
	s.status("checkout", code, want)
	return text
}

func (s *shop) count(sql string) (n int) {
	s.t.Helper()
	conn, err := server.Odoo.Connect(s.t.Context(), s.db)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(s.t.Context(), sql).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

var token = regexp.MustCompile(`name="csrf_token" value="([^"]*)"`)

func (s *shop) login(password string) (int, http.Header) {
	s.t.Helper()
	code, text, _ := s.get("/web/login")
	s.status("GET login", code, 200)
	form := url.Values{"login": {"admin"}, "password": {password}, "csrf_token": {token.FindStringSubmatch(text)[1]}}
	code, _, header := s.ask("POST", "/web/login", "application/x-www-form-urlencoded", form.Encode())
	return code, header
}

func TestCheckoutOnce(t *testing.T) {
	s := open(t)
	first, again := s.checkout(1, 200), s.checkout(1, 200)
	if first != again || !strings.Contains(first, `"version":"1"`) {
		t.Error(first, again)
	}
	if n := s.count("SELECT count(*) FROM sale_order o JOIN sale_order_line l ON l.order_id = o.id JOIN queue_job j ON j.uuid = o.client_uuid AND j.state = 'pending'"); n != 1 {
		t.Errorf("%d orders with line and job", n)
	}
}

func TestLogin(t *testing.T) {
	s := open(t)
	code, _, header := s.get("/odoo")
	s.status("/odoo without session", code, 303)
	if header.Get("Location") != "/web/login?redirect=%2Fodoo" {
		t.Error(header)
	}
	code, _ = s.login("wrong")
	s.status("wrong password", code, 200)
	code, header = s.login("admin")
	s.status("login", code, 303)
	code, text, _ := s.get("/odoo")
	s.status("/odoo", code, 200)
	if header.Get("X-Shop-Version") != "1" || !strings.Contains(text, "Administrator") {
		t.Error(header, text)
	}
	form := url.Values{"login": {"admin"}, "password": {"admin"}, "csrf_token": {"0o9999999999"}}
	code, _, _ = s.ask("POST", "/web/login", "application/x-www-form-urlencoded", form.Encode())
	s.status("forged token", code, 400)
}

// New code on a schema that was not migrated: everything that looks like health passes.
func TestNewCodeOldSchema(t *testing.T) {
	s := open(t)
	s.serve("2")
	code, _, _ := s.get("/web/health")
	s.status("health", code, 200)
	code, _ = s.login("admin")
	s.status("POST login reads the partner", code, 500)
	s.checkout(1, 500)
	code, text := s.post("/jsonrpc", fmt.Sprintf(`{"params": {"service": "object", "method": "execute_kw", "args": ["%s", 1, "admin", "sale.order", "search_read", []]}}`, s.db))
	s.status("JSON-RPC", code, 200)
	if !strings.Contains(text, `"name":"psycopg2.errors.UndefinedColumn"`) {
		t.Error(text)
	}
}

// Old code after updates: it reloads on the signal, and then sees what the schema does to it.
func TestOldCodeNewSchema(t *testing.T) {
	s := open(t)
	s.checkout(1, 200)
	s.migrate("2-contract", false, "sale_omni") // without the guard: gift_note is gone, fulfilment is required
	s.checkout(2, 400)
	conn, err := server.Odoo.Connect(t.Context(), s.db)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	conn.Exec(t.Context(), "ALTER TABLE sale_order ALTER fulfilment DROP NOT NULL")
	s.checkout(3, 500)
	_, text, _ := s.get("/metrics")
	if !strings.Contains(text, `shop_registry_reloads_total{tenant="`+s.db+`",version="1"} 1`) {
		t.Error("no reload was counted")
	}
	s.serve("2-contract")
	s.checkout(4, 200)
}

func TestErrorsOneInFive(t *testing.T) {
	s := open(t)
	s.migrate("2", false, "sale_omni")
	s.serve("2-errors")
	failed := 0
	for n := range 10 {
		code, _ := s.post("/shop/checkout", fmt.Sprintf(`{"order": "00000000-0000-4000-8000-%012d"}`, n))
		if code == 500 {
			failed++
		}
	}
	if failed != 2 {
		t.Errorf("%d of 10 failed, want 2", failed)
	}
}

func TestAssets(t *testing.T) {
	s := open(t)
	_, page, _ := s.get("/web/login")
	own := regexp.MustCompile(`/web/assets/[^"]*js`).FindString(page)
	code, _, header := s.get(own)
	s.status("own asset", code, 200)
	if !strings.Contains(header.Get("Cache-Control"), "immutable") {
		t.Error(header)
	}
	code, _, header = s.get("/web/assets/0000000/web.assets_web.min.js")
	s.status("unknown hash", code, 303)
	if header.Get("Location") != own {
		t.Error(header)
	}
	s.migrate("2", false, "sale_omni")
	s.serve("2")
	code, _, _ = s.get(own)
	s.status("the other version's row", code, 200)
	_, page, _ = s.get("/web/login")
	s.get(regexp.MustCompile(`/web/assets/[^"]*js`).FindString(page))
	code, _, _ = s.get(own)
	s.status("after its own row replaced it", code, 303)
}

func TestTill(t *testing.T) {
	s := open(t)
	order := `{"id": 7, "params": {"orders": [{"uuid": "00000000-0000-4000-8000-000000000001", "amount_total": 4}]}}`
	code, text := s.post("/pos/sync", order)
	s.status("no session", code, 200)
	if !strings.Contains(text, "odoo.exceptions.UserError") {
		t.Error(text)
	}
	conn, err := server.Odoo.Connect(t.Context(), s.db)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	conn.Exec(t.Context(), "INSERT INTO pos_session (name, config_id, state) VALUES ('POS/1', 1, 'opened')")
	for range 2 {
		if _, text = s.post("/pos/sync", order); strings.Contains(text, "error") {
			t.Error(text)
		}
	}
	if n := s.count("SELECT count(*) FROM pos_order"); n != 1 {
		t.Errorf("%d receipts", n)
	}
}

// Without PostgreSQL nothing is a 5xx but the health that asks for it, and whoever comes by is logged out.
func TestOutage(t *testing.T) {
	s := open(t)
	code, _ := s.login("admin")
	s.status("login", code, 303)
	server.Pause(t)
	for path, want := range map[string]int{"/web/health": 200, "/web/health?db_server_status=1": 500, "/odoo": 404, "/web/login": 303} {
		code, _, header := s.get(path)
		s.status(path, code, want)
		if want == 303 && header.Get("Location") != "/web/database/selector" {
			t.Error(header)
		}
	}
	s.checkout(1, 404)
	server.Resume(t)
	s.checkout(1, 200)
	code, _, _ = s.get("/odoo")
	s.status("/odoo after the outage", code, 303)
}
