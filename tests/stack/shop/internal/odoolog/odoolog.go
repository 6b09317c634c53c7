// Package odoolog writes log lines in the form of Odoo's.
package odoolog

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

var (
	mu  sync.Mutex
	out io.Writer = os.Stderr
)

// SetOutput sends the lines elsewhere (tests).
func SetOutput(w io.Writer) {
	mu.Lock()
	defer mu.Unlock()
	out = w
}

func write(level, db, logger, format string, args []any) {
	if db == "" {
		db = "?"
	}
	stamp := time.Now().UTC()
	mu.Lock()
	defer mu.Unlock()
	fmt.Fprintf(out, "%s,%03d %d %s %s %s: %s \n", stamp.Format("2006-01-02 15:04:05"), stamp.Nanosecond()/1e6,
		os.Getpid(), level, db, logger, fmt.Sprintf(format, args...))
}

func Info(db, logger, format string, args ...any)     { write("INFO", db, logger, format, args) }
func Warning(db, logger, format string, args ...any)  { write("WARNING", db, logger, format, args) }
func Error(db, logger, format string, args ...any)    { write("ERROR", db, logger, format, args) }
func Critical(db, logger, format string, args ...any) { write("CRITICAL", db, logger, format, args) }
