// Package cli reads Odoo's command line as far as a release uses it.
package cli

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Options are what the command line and the environment ask for.
type Options struct {
	Databases      []string
	Init, Update   []string
	Load           []string
	AddonsPath     []string
	HTTP           bool
	HTTPPort       int
	StopAfterInit  bool
	Workers        int
	MaxCronThreads int
	DBHost, DBUser string
	DBPort         int
	DBPassword     string
	QueueChannels  int // capacity of root; 0: the queue runner is off
}

// Parse reads the arguments after the program's name. Unknown ones are refused, as Odoo does.
func Parse(args []string) (Options, error) {
	o := Options{HTTP: true, HTTPPort: 8069, MaxCronThreads: 2, Load: []string{"base", "web"}, DBPort: 5432}
	fromEnv(&o)
	for i := 0; i < len(args); i++ {
		name, value, has := strings.Cut(args[i], "=")
		if !strings.HasPrefix(name, "--") {
			has, value = false, ""
			name = args[i]
			if len(name) > 2 && strings.HasPrefix(name, "-") { // -ufoo
				name, value, has = args[i][:2], args[i][2:], true
			}
		}
		need := func() (string, error) {
			if has {
				return value, nil
			}
			if i+1 >= len(args) {
				return "", fmt.Errorf("%s option requires 1 argument", name)
			}
			i++
			return args[i], nil
		}
		if err := o.set(name, need); err != nil {
			return o, err
		}
	}
	return o, nil
}

func (o *Options) set(name string, need func() (string, error)) error {
	list := func(to *[]string) error {
		v, err := need()
		*to = split(v)
		return err
	}
	number := func(to *int) error {
		v, err := need()
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(v)
		if err != nil {
			return fmt.Errorf("option %s: invalid integer value: %q", name, v)
		}
		*to = n
		return nil
	}
	text := func(to *string) error {
		v, err := need()
		*to = v
		return err
	}
	var ignored string
	switch name {
	case "-d", "--database":
		return list(&o.Databases)
	case "-u", "--update":
		return list(&o.Update)
	case "-i", "--init":
		return list(&o.Init)
	case "--load":
		return list(&o.Load)
	case "--addons-path":
		return list(&o.AddonsPath)
	case "--no-http":
		o.HTTP = false
	case "-p", "--http-port":
		return number(&o.HTTPPort)
	case "--stop-after-init":
		o.StopAfterInit = true
	case "--workers":
		return number(&o.Workers)
	case "--max-cron-threads":
		return number(&o.MaxCronThreads)
	case "--db_host":
		return text(&o.DBHost)
	case "--db_user", "-r":
		return text(&o.DBUser)
	case "--db_password", "-w":
		return text(&o.DBPassword)
	case "--db_port":
		return number(&o.DBPort)
	case "--proxy-mode", "--no-database-list", "server":
	case "-c", "--config", "--db-filter", "--data-dir", "--log-level", "--log-handler", "--db_maxconn", "--gevent-port",
		"--limit-time-real", "--limit-time-cpu", "--limit-memory-hard", "--limit-memory-soft", "--without-demo", "--upgrade-path":
		return text(&ignored)
	default:
		return fmt.Errorf("no such option: %s", name)
	}
	return nil
}

// fromEnv takes the database as the official image's entrypoint does, and libpq's names after it.
func fromEnv(o *Options) {
	first := func(names ...string) string {
		for _, n := range names {
			if v := os.Getenv(n); v != "" {
				return v
			}
		}
		return ""
	}
	o.DBHost = first("HOST", "PGHOST")
	o.DBUser = first("USER", "PGUSER")
	o.DBPassword = first("PASSWORD", "PGPASSWORD")
	if n, err := strconv.Atoi(first("PORT", "PGPORT")); err == nil {
		o.DBPort = n
	}
	o.QueueChannels = channels(os.Getenv("ODOO_QUEUE_JOB_CHANNELS"))
}

// channels takes the capacity of root out of "root:4,root.mail:1".
func channels(text string) int {
	for _, c := range split(text) {
		name, n, _ := strings.Cut(c, ":")
		if name != "root" {
			continue
		}
		if n == "" {
			return 1
		}
		if k, err := strconv.Atoi(strings.Split(n, ":")[0]); err == nil {
			return k
		}
	}
	return 0
}

func split(v string) []string {
	var out []string
	for _, p := range strings.Split(v, ",") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}
