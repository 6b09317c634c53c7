package web

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ostler.example/shop/internal/orm"
)

// posSync is a till's call of pos.order/sync_from_ui. Errors are JSON-RPC errors, so their HTTP status is 200.
func (s *Server) posSync(q *request) error {
	return s.rpc(q, func(params json.RawMessage) (any, error) {
		var p struct{ Orders any }
		if err := json.Unmarshal(params, &p); err != nil {
			return nil, exception{"builtins.TypeError", err.Error()}
		}
		return s.syncOrders(q, p.Orders)
	})
}

func (s *Server) syncOrders(q *request, orders any) (any, error) {
	list, _ := orders.([]any)
	model := q.reg.Models["pos.order"]
	if model == nil || len(list) == 0 {
		return nil, exception{"builtins.KeyError", "'pos.order'"}
	}
	var out []any
	err := q.tx(func(tx pgx.Tx) error {
		out = nil
		for _, o := range list {
			values, ok := o.(map[string]any)
			if !ok {
				return exception{"builtins.TypeError", "an order is a dict"}
			}
			one, err := s.syncOrder(q, tx, values)
			if err != nil {
				return err
			}
			out = append(out, one)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.metrics.orders.WithLabelValues(q.db, "pos").Add(float64(len(out)))
	return map[string]any{"pos.order": out, "version": s.code.Settings.Version}, nil
}

func (s *Server) syncOrder(q *request, tx pgx.Tx, o map[string]any) (any, error) {
	uuid, _ := o["uuid"].(string)
	if !uuidText.MatchString(uuid) {
		return nil, exception{"builtins.ValueError", "an order needs a uuid"}
	}
	session := number(o["session_id"])
	if session == 0 {
		err := tx.QueryRow(q.ctx, "SELECT id FROM pos_session WHERE state = 'opened' ORDER BY id LIMIT 1").Scan(&session)
		if err == pgx.ErrNoRows {
			return nil, exception{"odoo.exceptions.UserError", "No open session available. Please open a new session to capture the order."}
		}
		if err != nil {
			return nil, err
		}
	}
	at := time.Now().UTC()
	if text, ok := o["date_order"].(string); ok {
		if t, err := time.Parse("2006-01-02 15:04:05", text); err == nil {
			at = t
		}
	}
	model := q.reg.Models["pos.order"]
	id, err := orm.Create(q.ctx, tx, model, map[string]any{"name": "/", "uuid": uuid, "session_id": session, "date_order": at,
		"pos_reference": fmt.Sprint("Order ", uuid[:13]), "state": "paid", "amount_total": o["amount_total"]}, "(uuid)")
	if err != nil {
		return nil, err
	}
	rows, err := orm.Read(q.ctx, tx, model, "WHERE uuid = $1", uuid)
	if err != nil || len(rows) != 1 {
		return nil, fmt.Errorf("order %d is not there: %w", id, err)
	}
	return map[string]any{"id": rows[0]["id"], "uuid": uuid, "pos_reference": rows[0]["pos_reference"]}, nil
}
