package buy

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		path   string
		status int
		text   string
		bad    bool
	}{
		{"/shop/checkout", 200, `{"order": "a"}`, false},
		{"/shop/checkout", 200, `{}`, true},
		{"/shop/checkout", 500, `x`, true},
		{"/shop/checkout", 200, `<html>`, true},
		{"/web/login", 200, `<html>`, false},
		{"/web/login", 303, ``, true},
		{"/pos/sync", 200, `{"result": {}}`, false},
		{"/pos/sync", 200, `{"error": {"data": {"name": "psycopg2.errors.UndefinedColumn"}}}`, true},
	} {
		err := judge(&answer{Path: c.path, Status: c.status, pos: c.path == "/pos/sync"}, []byte(c.text))
		if (err != nil) != c.bad {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// Every request is counted, at the rate asked for, and none is sent twice.
func TestCounts(t *testing.T) {
	var seen atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Shop-Version", "1")
		if n := seen.Add(1); n%10 == 0 {
			panic(http.ErrAbortHandler) // the connection breaks
		}
		w.Write([]byte(`{"order": "a", "result": {}}`))
	}))
	defer srv.Close()
	events := t.TempDir() + "/events"
	b, err := openBook(events)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	shop(ctx, config{rate: 100, proxies: []string{srv.URL}, hosts: []string{"a.example", "b.example"}, timeout: time.Second}, b)
	sum := b.summary()
	if sum.Requests < 90 || sum.Requests > 101 || int64(sum.Requests) > seen.Load() {
		t.Errorf("%d requests counted, %d seen", sum.Requests, seen.Load())
	}
	if want := sum.ByVersion["none"].Failed; sum.Failed != want || sum.Failed < 5 || sum.Failed > 11 {
		t.Errorf("%d failed, %d without an answer", sum.Failed, want)
	}
	text, _ := os.ReadFile(events)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	failures := 0
	for _, l := range lines {
		var v struct{ Kind, Time string }
		if err := json.Unmarshal([]byte(l), &v); err != nil || v.Time == "" {
			t.Fatal(l, err)
		}
		if v.Kind == "failure" {
			failures++
		}
	}
	if failures != sum.Failed {
		t.Errorf("%d lines of failures, %d failed", failures, sum.Failed)
	}
}

// A run that could not compare its orders must not look like one that lost none.
func TestCheckIsNeeded(t *testing.T) {
	t.Setenv("SHOP_DSN", "postgresql://odoo@localhost/saas")
	for check, want := range map[string]string{"SHOP_DSN": "postgresql://odoo@localhost/saas", "postgresql://x@y/z": "postgresql://x@y/z", "none": "", "UNSET": "refused"} {
		c, err := parse([]string{"--proxies", "http://localhost", "--check", check})
		if got := c.check; err == nil && got != want || (err != nil) != (want == "refused") {
			t.Errorf("%s: %q %v", check, got, err)
		}
	}
}
