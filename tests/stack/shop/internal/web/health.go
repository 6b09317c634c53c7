package web

import (
	"encoding/json"
	"net/http"

	"ostler.example/shop/internal/odoolog"
)

// health never opens the tenant's database. With db_server_status it asks the server, through database postgres.
func (s *Server) health(q *request) error {
	answer, status := map[string]any{"status": "pass"}, http.StatusOK
	if q.URL.Query().Get("db_server_status") != "" {
		conn, err := s.tenants.Server.Connect(q.ctx, "postgres")
		if err == nil {
			conn.Close(q.ctx)
		} else {
			odoolog.Warning("", "odoo.addons.web.controllers.home", "Database server is not reachable: %s", err)
			answer["status"], status = "fail", http.StatusInternalServerError
		}
		answer["db_server_status"] = err == nil
	}
	q.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	q.w.Header().Set("Cache-Control", "no-store")
	q.w.WriteHeader(status)
	return json.NewEncoder(q.w).Encode(answer)
}

func (s *Server) selector(q *request) error {
	html(q.w, http.StatusOK, "<!doctype html><title>Odoo</title><p>The database manager has been disabled by the administrator.</p>")
	return nil
}

func (s *Server) root(q *request) error {
	http.Redirect(q.w, q.Request, "/odoo", http.StatusSeeOther)
	return nil
}
