// Package pg connects to PostgreSQL as Odoo does and names its errors as psycopg2 does.
package pg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"ostler.example/shop/internal/cli"
)

// Server says where PostgreSQL is and who we are.
type Server struct {
	Host, User, Password string
	Port                 int
}

// FromOptions takes the server of the command line.
func FromOptions(o cli.Options) Server {
	return Server{Host: o.DBHost, User: o.DBUser, Password: o.DBPassword, Port: o.DBPort}
}

// Config for one database of the server.
func (s Server) Config(db string) (*pgx.ConnConfig, error) {
	text := fmt.Sprintf("connect_timeout=5 port=%d dbname=%s", s.Port, quote(db))
	for key, value := range map[string]string{"host": s.Host, "user": s.User, "password": s.Password} {
		if value != "" {
			text += " " + key + "=" + quote(value)
		}
	}
	c, err := pgx.ParseConfig(text)
	if err != nil {
		return nil, err
	}
	if c.RuntimeParams == nil {
		c.RuntimeParams = map[string]string{}
	}
	c.RuntimeParams["application_name"] = AppName()
	c.RuntimeParams["timezone"] = "UTC"
	if o := os.Getenv("PGOPTIONS"); o != "" {
		c.RuntimeParams["options"] = o
	}
	c.DefaultQueryExecMode = pgx.QueryExecModeExec // no prepared statements: tables change under us
	return c, nil
}

func quote(v string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(v) + "'"
}

// AppName is odoo-<pid>, or what ODOO_PGAPPNAME asks for.
func AppName() string {
	name := os.Getenv("ODOO_PGAPPNAME")
	if name == "" {
		name = "odoo-{pid}"
	}
	name = strings.ReplaceAll(name, "{pid}", fmt.Sprint(os.Getpid()))
	return name[:min(len(name), 63)]
}

// Connect opens one connection.
func (s Server) Connect(ctx context.Context, db string) (*pgx.Conn, error) {
	c, err := s.Config(db)
	if err != nil {
		return nil, err
	}
	return pgx.ConnectConfig(ctx, c)
}

// Databases are those the role owns, as Odoo's list_dbs(force=True) finds them.
func (s Server) Databases(ctx context.Context) ([]string, error) {
	conn, err := s.Connect(ctx, "postgres")
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	rows, err := conn.Query(ctx, `SELECT datname FROM pg_database WHERE datdba = (SELECT usesysid FROM pg_user WHERE usename = current_user)
		AND NOT datistemplate AND datallowconn AND datname <> 'postgres' ORDER BY datname`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Code is the SQLSTATE of an error, or "" when the server did not answer.
func Code(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// Name is the exception psycopg2 would raise.
func Name(err error) string {
	names := map[string]string{"42703": "UndefinedColumn", "42P01": "UndefinedTable", "23502": "NotNullViolation", "23505": "UniqueViolation",
		"23503": "ForeignKeyViolation", "40001": "SerializationFailure", "40P01": "DeadlockDetected", "55P03": "LockNotAvailable",
		"57014": "QueryCanceled", "57P01": "AdminShutdown", "3D000": "InvalidCatalogName", "42501": "InsufficientPrivilege"}
	switch code := Code(err); {
	case code == "" && unreachable(err):
		return "psycopg2.OperationalError"
	case code == "":
		return "builtins.Exception"
	case names[code] != "":
		return "psycopg2.errors." + names[code]
	default:
		return "psycopg2.DatabaseError"
	}
}

func unreachable(err error) bool {
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// Gone says whether the database or the server is not there (any more).
func Gone(err error) bool {
	code := Code(err)
	return err != nil && (code == "" && unreachable(err) || code == "3D000" || strings.HasPrefix(code, "57P") || strings.HasPrefix(code, "08") || code == "28000" || code == "53300")
}

// Retry runs f again, up to five times, when a concurrent transaction was in the way, as Odoo's retrying() does.
func Retry(f func() error) error {
	var err error
	for try := range 5 {
		err = f()
		if c := Code(err); c != "40001" && c != "40P01" && c != "55P03" {
			return err
		}
		time.Sleep(time.Duration(10<<try) * time.Millisecond)
	}
	return err
}
