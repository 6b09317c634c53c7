// Package pgtest starts a PostgreSQL of its own for tests.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ostler.example/shop/internal/pg"
)

// Server is a throw-away cluster with a role odoo that owns databases and may not create them.
type Server struct {
	dir   string
	admin pg.Server
	Odoo  pg.Server
}

func binary(name string) (string, error) {
	paths, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(paths) == 0 {
		return "", errors.New("PostgreSQL is not installed")
	}
	return paths[len(paths)-1], nil
}

// as runs a command as the user postgres when we are root: PostgreSQL refuses root.
func as(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	if os.Geteuid() == 0 {
		cmd = exec.Command("setpriv", append([]string{"--reuid=postgres", "--regid=postgres", "--clear-groups", name}, args...)...)
	}
	cmd.Dir = "/"
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, text)
	}
	return nil
}

// Start makes and starts the cluster.
func Start() (*Server, error) {
	initdb, err := binary("initdb")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "shop-pg-")
	if err != nil {
		return nil, err
	}
	os.Chmod(dir, 0o777)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	s := &Server{dir: dir, admin: pg.Server{Host: "127.0.0.1", Port: port, User: "postgres"}, Odoo: pg.Server{Host: "127.0.0.1", Port: port, User: "odoo"}}
	data := filepath.Join(dir, "data")
	if err = as(initdb, "-D", data, "-A", "trust", "-U", "postgres", "--no-sync"); err == nil {
		err = s.start()
	}
	if err != nil {
		s.Stop()
		return nil, err
	}
	return s, s.exec("CREATE ROLE odoo LOGIN")
}

func (s *Server) exec(sql string) error {
	conn, err := s.admin.Connect(context.Background(), "postgres")
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	_, err = conn.Exec(context.Background(), sql)
	return err
}

// Admin runs a statement as the superuser.
func (s *Server) Admin(t *testing.T, sql string) {
	t.Helper()
	if err := s.exec(sql); err != nil {
		t.Fatal(strings.TrimSpace(sql), err)
	}
}

// Stop ends the cluster and removes its folder.
func (s *Server) Stop() {
	ctl, _ := binary("pg_ctl")
	as(ctl, "-D", filepath.Join(s.dir, "data"), "-m", "immediate", "stop")
	os.RemoveAll(s.dir)
}

// Pause stops the server, as an outage does; Resume starts it again.
func (s *Server) Pause(t *testing.T) {
	t.Helper()
	ctl, _ := binary("pg_ctl")
	if err := as(ctl, "-D", filepath.Join(s.dir, "data"), "-m", "fast", "-w", "stop"); err != nil {
		t.Fatal(err)
	}
}

// Resume starts a paused server.
func (s *Server) Resume(t *testing.T) {
	t.Helper()
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
}

func (s *Server) start() error {
	ctl, err := binary("pg_ctl")
	if err != nil {
		return err
	}
	options := fmt.Sprintf("-p %d -k %s -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=50", s.admin.Port, s.dir)
	return as(ctl, "-D", filepath.Join(s.dir, "data"), "-o", options, "-l", filepath.Join(s.dir, "log"), "-w", "start")
}
