package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"

	"ostler.example/shop/internal/orm"
)

type line struct {
	Product string  `json:"product"`
	Qty     float64 `json:"qty"`
	Price   float64 `json:"price"`
}

type order struct {
	Order string `json:"order"`
	Lines []line `json:"lines"`
}

var uuidText = regexp.MustCompile(`^[0-9a-fA-F-]{32,36}$`)

// checkout takes an order whose uuid the client made: the order, its lines and the job that confirms it, in one transaction.
// An order that is there already is acknowledged again.
func (s *Server) checkout(q *request) error {
	var o order
	if err := json.NewDecoder(http.MaxBytesReader(q.w, q.Body, 1<<20)).Decode(&o); err != nil || !uuidText.MatchString(o.Order) {
		http.Error(q.w, "Bad Request: an order needs a uuid", http.StatusBadRequest)
		return nil
	}
	if q.reg.Models["sale.order"] == nil {
		return s.missing(q)
	}
	time.Sleep(s.code.Settings.Delay())
	faults := s.code.Settings.Checkout
	if n := s.orders.next(); faults.AlwaysBad || faults.FailOneIn > 0 && n%int64(faults.FailOneIn) == 0 {
		return fmt.Errorf("AttributeError: 'sale.order' object has no attribute '_get_delivery_slot'")
	}
	var id int
	if err := q.tx(func(tx pgx.Tx) (err error) { id, err = s.place(q, tx, o); return err }); err != nil {
		return err
	}
	s.metrics.orders.WithLabelValues(q.db, "web").Inc()
	return sendJSON(q, map[string]any{"order": o.Order, "id": id, "version": s.code.Settings.Version})
}

func (s *Server) place(q *request, tx pgx.Tx, o order) (int, error) {
	companies, err := orm.Read(q.ctx, tx, q.reg.Models["res.company"], "ORDER BY id LIMIT 1")
	if err != nil || len(companies) == 0 {
		return 0, fmt.Errorf("no company: %w", err)
	}
	partners, err := orm.Read(q.ctx, tx, q.reg.Models["res.partner"], "WHERE id = $1", companies[0]["partner_id"])
	if err != nil || len(partners) == 0 {
		return 0, fmt.Errorf("no customer: %w", err)
	}
	total := 0.0
	for _, l := range o.Lines {
		total += l.Qty * l.Price
	}
	model := q.reg.Models["sale.order"]
	values := map[string]any{"name": "S" + o.Order[:8], "client_uuid": o.Order, "partner_id": partners[0]["id"], "company_id": companies[0]["id"],
		"website_id": 1, "state": "sale", "date_order": time.Now().UTC(), "amount_total": total}
	if model.Has("sale_channel") {
		values["sale_channel"] = "web"
	}
	id, err := orm.Create(q.ctx, tx, model, values, "(client_uuid)")
	if err != nil {
		return 0, err
	}
	if id == 0 {
		return id, tx.QueryRow(q.ctx, "SELECT id FROM sale_order WHERE client_uuid = $1", o.Order).Scan(&id)
	}
	for _, l := range o.Lines {
		_, err := orm.Create(q.ctx, tx, q.reg.Models["sale.order.line"], map[string]any{"order_id": id, "name": l.Product,
			"product_uom_qty": l.Qty, "price_unit": l.Price}, "")
		if err != nil {
			return 0, err
		}
	}
	if q.reg.Models["queue.job"] != nil {
		_, err := orm.Create(q.ctx, tx, q.reg.Models["queue.job"], map[string]any{"uuid": o.Order, "name": "Confirm order", "model_name": "sale.order",
			"method_name": "send_confirmation", "channel": "root.mail", "state": "pending", "date_created": time.Now().UTC(),
			"records": fmt.Sprintf(`{"ids": [%d]}`, id)}, "")
		if err != nil {
			return 0, err
		}
	}
	// Odoo reads the record back for its totals: with every column its code knows.
	back, err := orm.Read(q.ctx, tx, model, "WHERE id = $1", id)
	if err == nil && len(back) != 1 {
		err = fmt.Errorf("order %d is not there", id)
	}
	return id, err
}

func sendJSON(q *request, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	q.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	q.w.Write(text)
	return nil
}
