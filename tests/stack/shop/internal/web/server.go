// Package web answers HTTP as the shop's Odoo does.
package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ostler.example/shop/internal/addons"
	"ostler.example/shop/internal/cli"
	"ostler.example/shop/internal/odoolog"
	"ostler.example/shop/internal/pg"
	"ostler.example/shop/internal/session"
	"ostler.example/shop/internal/tenant"
)

// Server is the web server of one process.
type Server struct {
	code     *addons.Code
	opt      cli.Options
	tenants  *tenant.Tenants
	sessions *session.Store
	metrics  *metrics
	assets   assets
	pod      string
	workers  chan struct{} // nil: no limit, as with --workers=0
	orders   counter
}

// New makes the server; it opens no database.
func New(code *addons.Code, opt cli.Options, tenants *tenant.Tenants, sessions *session.Store) *Server {
	pod, _ := os.Hostname()
	s := &Server{code: code, opt: opt, tenants: tenants, sessions: sessions, pod: pod, assets: bundle(code)}
	s.metrics = newMetrics(code.Settings.Version)
	tenants.Reloaded = func(db string) { s.metrics.reloads.WithLabelValues(db).Inc() }
	if opt.Workers > 0 {
		s.workers = make(chan struct{}, opt.Workers)
	}
	return s
}

// request is one request with what belongs to it.
type request struct {
	*http.Request
	ctx     context.Context // does not end when the client goes: Odoo does not notice that
	w       http.ResponseWriter
	db      string
	tenant  *tenant.Tenant
	reg     *addons.Registry
	session *session.Session
}

type route struct {
	name    string
	methods string
	db      bool // needs the tenant's database
	handle  func(*Server, *request) error
}

var routes = map[string]route{
	"/web/health":                   {"health", "GET HEAD", false, (*Server).health},
	"/web/login":                    {"login", "GET HEAD POST", true, (*Server).login},
	"/web/session/logout":           {"logout", "GET POST", true, (*Server).logout},
	"/odoo":                         {"odoo", "GET HEAD", true, (*Server).backend},
	"/web":                          {"odoo", "GET HEAD", true, (*Server).backend},
	"/":                             {"root", "GET HEAD", true, (*Server).root},
	"/shop/checkout":                {"checkout", "POST", true, (*Server).checkout},
	"/pos/sync":                     {"pos_sync", "POST", true, (*Server).posSync},
	"/jsonrpc":                      {"jsonrpc", "POST", false, (*Server).jsonrpc},
	"/web/dataset/call_kw":          {"call_kw", "POST", true, (*Server).callKw},
	"/web/webclient/version_info":   {"version_info", "POST", false, (*Server).versionInfo},
	"/web/session/authenticate":     {"authenticate", "POST", true, (*Server).authenticate},
	"/web/session/get_session_info": {"session_info", "POST", true, (*Server).sessionInfo},
	"/web/database/selector":        {"selector", "GET HEAD", false, (*Server).selector},
	"/websocket":                    {"websocket", "GET", true, (*Server).websocket},
}

var notFound = route{"other", "GET HEAD POST", true, (*Server).missing}

func find(path string) route {
	if r, ok := routes[path]; ok {
		return r
	}
	switch {
	case strings.HasPrefix(path, "/web/assets/"):
		return route{"assets", "GET HEAD", true, (*Server).asset}
	case strings.HasPrefix(path, "/web/dataset/call_kw/"):
		return routes["/web/dataset/call_kw"]
	case strings.HasPrefix(path, "/odoo/"):
		return routes["/odoo"]
	}
	return notFound
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Shop-Version", s.code.Settings.Version)
	w.Header().Set("X-Shop-Pod", s.pod)
	if r.URL.Path == "/metrics" {
		s.metrics.handler.ServeHTTP(w, r)
		return
	}
	route := find(r.URL.Path)
	if s.workers != nil && route.name != "websocket" {
		s.workers <- struct{}{}
		defer func() { <-s.workers }()
	}
	start := time.Now()
	rec := &recorder{ResponseWriter: w, status: http.StatusOK}
	s.serve(route, &request{Request: r, ctx: context.WithoutCancel(r.Context()), w: rec, db: s.database(r.Host)})
	s.metrics.requests.WithLabelValues(fmt.Sprint(rec.status), route.name).Inc()
	if h := s.metrics.seconds[route.name]; h != nil {
		h.Observe(time.Since(start).Seconds())
	}
}

func (s *Server) serve(route route, q *request) {
	if !slices.Contains(strings.Fields(route.methods), q.Method) {
		http.Error(q.w, "Method Not Allowed", http.StatusMethodNotAllowed)
		return
	}
	var err error
	if c, cookieErr := q.Cookie("session_id"); cookieErr == nil {
		if q.session, err = s.sessions.Get(q.ctx, c.Value); err != nil {
			s.serverError(q, err)
			return
		}
	}
	if route.db {
		if q.tenant, q.reg, err = s.tenants.Get(q.ctx, q.db); err != nil {
			s.withoutDatabase(q, err)
			return
		}
	}
	if err := route.handle(s, q); err != nil {
		s.serverError(q, err)
	}
}

// withoutDatabase is what Odoo does when it cannot open the tenant: it logs the user out and serves what needs no
// database. So an outage of PostgreSQL is a 404 or a redirect, not a 5xx.
func (s *Server) withoutDatabase(q *request, err error) {
	odoolog.Warning(q.db, "odoo.http", "Cannot open the database: %s", err)
	if q.session != nil && q.session.UID != 0 {
		s.sessions.Delete(q.ctx, q.session.SID)
	}
	if q.URL.Path == "/web/login" {
		http.Redirect(q.w, q.Request, "/web/database/selector", http.StatusSeeOther)
		return
	}
	s.missing(q)
}

func (s *Server) missing(q *request) error {
	html(q.w, http.StatusNotFound, "<!doctype html><title>404 Not Found</title><h1>Not Found</h1>")
	return nil
}

// serverError turns an exception of a plain HTTP route into a page: a breach of NOT NULL is the user's mistake (400), in Odoo's eyes.
func (s *Server) serverError(q *request, err error) {
	status := http.StatusInternalServerError
	switch pg.Code(err) {
	case "23502", "23503", "23505", "23514":
		status = http.StatusBadRequest
	}
	odoolog.Error(q.db, "odoo.http", "Exception during request handling.\n%s: %s", pg.Name(err), err)
	html(q.w, status, fmt.Sprintf("<!doctype html><title>%d %s</title><h1>%s</h1>", status, http.StatusText(status), http.StatusText(status)))
}

func html(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintln(w, text)
}

var firstLabel = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)

// database is dbfilter=^%d$: the first label of the host names the tenant.
func (s *Server) database(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	label, _, dots := strings.Cut(strings.TrimPrefix(strings.ToLower(host), "www."), ".")
	if len(s.opt.Databases) == 1 && (!dots || net.ParseIP(host) != nil) {
		return s.opt.Databases[0]
	}
	if !firstLabel.MatchString(label) || len(s.opt.Databases) > 0 && !slices.Contains(s.opt.Databases, label) {
		return ""
	}
	return label
}

// tx runs f in the tenant's database.
func (q *request) tx(f func(pgx.Tx) error) error { return q.tenant.Tx(q.ctx, f) }

type recorder struct {
	http.ResponseWriter
	status  int
	started bool
}

func (r *recorder) WriteHeader(status int) {
	if !r.started {
		r.status, r.started = status, true
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Run serves until ctx ends, then lets running requests finish.
func (s *Server) Run(ctx context.Context) error {
	l, err := net.Listen("tcp", fmt.Sprintf(":%d", s.opt.HTTPPort))
	if err != nil {
		return err
	}
	odoolog.Info("", "odoo.service.server", "HTTP service (werkzeug) running on %s:%d", s.pod, s.opt.HTTPPort)
	srv := &http.Server{Handler: s, ReadHeaderTimeout: 20 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 120*time.Second)
	defer cancel()
	if err := srv.Shutdown(stop); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
