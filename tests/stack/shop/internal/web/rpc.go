package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"ostler.example/shop/internal/odoolog"
	"ostler.example/shop/internal/orm"
	"ostler.example/shop/internal/pg"
)

// call is the body of a JSON-RPC request.
type call struct {
	ID     any             `json:"id"`
	Params json.RawMessage `json:"params"`
}

// rpc runs f and answers as Odoo does: whatever happens, the status is 200, and an exception stands in `error`.
func (s *Server) rpc(q *request, f func(params json.RawMessage) (any, error)) error {
	var c call
	if err := json.NewDecoder(http.MaxBytesReader(q.w, q.Body, 1<<20)).Decode(&c); err != nil {
		http.Error(q.w, "Bad Request: Invalid JSON data", http.StatusBadRequest)
		return nil
	}
	if len(c.Params) == 0 {
		c.Params = json.RawMessage("{}")
	}
	answer := map[string]any{"jsonrpc": "2.0", "id": c.ID}
	result, err := f(c.Params)
	if err != nil {
		odoolog.Error(q.db, "odoo.http", "Exception during request handling.\n%s: %s", name(err), err)
		answer["error"] = rpcError(err)
	} else {
		answer["result"] = result
	}
	return sendJSON(q, answer)
}

type exception struct{ name, text string }

func (e exception) Error() string { return e.text }

var expired = exception{"odoo.http.SessionExpiredException", "Session expired"}

func name(err error) string {
	if e, ok := err.(exception); ok {
		return e.name
	}
	if pg.Code(err) == "23502" {
		return "odoo.exceptions.ValidationError"
	}
	return pg.Name(err)
}

func rpcError(err error) map[string]any {
	code, message := 200, "Odoo Server Error"
	if err == expired {
		code, message = 100, "Odoo Session Expired"
	}
	return map[string]any{"code": code, "message": message, "data": map[string]any{"name": name(err), "message": err.Error(),
		"arguments": []string{err.Error()}, "context": map[string]any{}, "debug": "Traceback (most recent call last):\n" + name(err) + ": " + err.Error()}}
}

func (s *Server) versionInfo(q *request) error {
	return s.rpc(q, func(json.RawMessage) (any, error) { return s.version(), nil })
}

func (s *Server) version() map[string]any {
	var major, minor int
	fmt.Sscanf(s.code.Series, "%d.%d", &major, &minor)
	return map[string]any{"server_version": s.code.Series, "server_version_info": []any{major, minor, 0, "final", 0, ""},
		"server_serie": s.code.Series, "protocol_version": 1}
}

func (s *Server) authenticate(q *request) error {
	return s.rpc(q, func(params json.RawMessage) (any, error) {
		var p struct{ DB, Login, Password string }
		json.Unmarshal(params, &p)
		user, err := s.checkPassword(q, p.Login, p.Password)
		if err != nil {
			return nil, err
		}
		if user == nil {
			return nil, exception{"odoo.exceptions.AccessDenied", "Access Denied"}
		}
		if err := s.startSession(q, user); err != nil {
			return nil, err
		}
		return s.info(q), nil
	})
}

func (s *Server) info(q *request) map[string]any {
	return map[string]any{"uid": q.session.UID, "db": q.db, "username": q.session.Login, "server_version": s.code.Series}
}

func (s *Server) sessionInfo(q *request) error {
	return s.rpc(q, func(json.RawMessage) (any, error) {
		if !q.loggedIn() {
			return nil, expired
		}
		return s.info(q), nil
	})
}

// callKw reads a model for a logged-in user.
func (s *Server) callKw(q *request) error {
	return s.rpc(q, func(params json.RawMessage) (any, error) {
		if !q.loggedIn() {
			return nil, expired
		}
		var p struct {
			Model, Method string
			Args          []any
			Kwargs        map[string]any
		}
		if err := json.Unmarshal(params, &p); err != nil {
			return nil, exception{"builtins.TypeError", err.Error()}
		}
		return s.execute(q, p.Model, p.Method, p.Args, p.Kwargs)
	})
}

// jsonrpc is the external API: the database and the password stand in the arguments.
func (s *Server) jsonrpc(q *request) error {
	return s.rpc(q, func(params json.RawMessage) (any, error) {
		var p struct {
			Service, Method string
			Args            []any
		}
		if err := json.Unmarshal(params, &p); err != nil {
			return nil, exception{"builtins.TypeError", err.Error()}
		}
		if p.Service == "common" && p.Method == "version" {
			return s.version(), nil
		}
		if len(p.Args) < 3 {
			return nil, exception{"builtins.TypeError", "too few arguments"}
		}
		var err error
		q.db = fmt.Sprint(p.Args[0])
		if q.tenant, q.reg, err = s.tenants.Get(q.ctx, q.db); err != nil {
			return nil, err
		}
		password := fmt.Sprint(p.Args[2])
		if p.Service == "common" {
			user, err := s.checkPassword(q, fmt.Sprint(p.Args[1]), password)
			if err != nil || user == nil {
				return false, err
			}
			return user["id"], nil
		}
		if p.Service != "object" || len(p.Args) < 5 {
			return nil, exception{"builtins.NameError", "Method not available " + p.Service + "." + p.Method}
		}
		if err := s.checkUID(q, p.Args[1], password); err != nil {
			return nil, err
		}
		var args []any
		var kwargs map[string]any
		if len(p.Args) > 5 {
			args, _ = p.Args[5].([]any)
		}
		if len(p.Args) > 6 {
			kwargs, _ = p.Args[6].(map[string]any)
		}
		return s.execute(q, fmt.Sprint(p.Args[3]), fmt.Sprint(p.Args[4]), args, kwargs)
	})
}

func (s *Server) checkUID(q *request, uid any, password string) error {
	var login string
	n, _ := uid.(float64)
	err := q.tx(func(tx pgx.Tx) error {
		return tx.QueryRow(q.ctx, "SELECT login FROM res_users WHERE id = $1 AND active", int(n)).Scan(&login)
	})
	if err != nil && err != pgx.ErrNoRows {
		return err
	}
	user, err := s.checkPassword(q, login, password)
	if err == nil && user == nil {
		err = exception{"odoo.exceptions.AccessDenied", "Access Denied"}
	}
	return err
}

// execute knows the few methods that a health test calls. Reading selects every column the code knows.
func (s *Server) execute(q *request, model, method string, args []any, kwargs map[string]any) (any, error) {
	e := q.reg.Models[model]
	if e == nil {
		return nil, exception{"builtins.KeyError", "'" + model + "'"}
	}
	if model == "pos.order" && method == "sync_from_ui" {
		if len(args) == 0 {
			return nil, exception{"builtins.TypeError", "sync_from_ui() misses its orders"}
		}
		return s.syncOrders(q, args[0])
	}
	switch method {
	case "search_count":
		var n int
		err := q.tx(func(tx pgx.Tx) error {
			return tx.QueryRow(q.ctx, "SELECT count(*) FROM "+orm.Quote(strings.ReplaceAll(model, ".", "_"))).Scan(&n)
		})
		return n, err
	case "fields_get":
		fields := map[string]any{}
		for n, f := range e.Fields {
			fields[n] = map[string]any{"type": strings.ToLower(f.Type), "required": f.Required, "store": f.Store}
		}
		return fields, nil
	case "search", "search_read", "read", "web_search_read":
	default:
		return nil, exception{"builtins.AttributeError", fmt.Sprintf("The method '%s.%s' does not exist", model, method)}
	}
	limit := 80
	if n, ok := kwargs["limit"].(float64); ok && n > 0 {
		limit = int(n)
	}
	where, values := fmt.Sprintf("ORDER BY id DESC LIMIT %d", limit), []any{}
	if method == "read" && len(args) > 0 {
		where, values = "WHERE id = ANY($1) ORDER BY id", []any{ids(args[0])}
	}
	var rows []map[string]any
	err := q.tx(func(tx pgx.Tx) (err error) { rows, err = orm.Read(q.ctx, tx, e, where, values...); return err })
	if err != nil {
		return nil, err
	}
	out := make([]any, len(rows))
	for i, row := range rows {
		if method == "search" {
			out[i] = row["id"]
		} else {
			out[i] = plain(row)
		}
	}
	if method == "web_search_read" {
		return map[string]any{"length": len(out), "records": out}, nil
	}
	return out, nil
}

func ids(v any) []int {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	out := []int{}
	for _, e := range list {
		if n, ok := e.(float64); ok {
			out = append(out, int(n))
		}
	}
	return out
}

// plain turns a row into what Odoo's read() gives: false for NULL, text for times.
func plain(row map[string]any) map[string]any {
	for k, v := range row {
		switch x := v.(type) {
		case nil:
			row[k] = false
		case time.Time:
			row[k] = x.Format("2006-01-02 15:04:05")
		case pgtype.Numeric:
			f, _ := x.Float64Value()
			row[k] = f.Float64
		}
		if k == "password" {
			row[k] = "********"
		}
	}
	return row
}

func number(v any) int {
	switch n := v.(type) {
	case int32:
		return int(n)
	case int64:
		return int(n)
	case int:
		return n
	case float64:
		return int(n)
	}
	return 0
}
