package server

import (
	"context"
	"flag"
	"fmt"
	"os"

	"ostler.example/shop/internal/cli"
	"ostler.example/shop/internal/odoolog"
	"ostler.example/shop/internal/passwd"
	"ostler.example/shop/internal/pg"
)

// Seed puts a robot user, an open till and some old orders into a database that has image 1's modules.
func Seed(args []string) int {
	flags := flag.NewFlagSet("seed", flag.ExitOnError)
	db := flags.String("d", "", "database")
	robot := flags.String("robot-password", "robot", "password of the user robot")
	orders := flags.Int("orders", 200, "number of old orders")
	flags.Parse(args)
	opt, _ := cli.Parse(nil)
	ctx := context.Background()
	conn, err := pg.FromOptions(opt).Connect(ctx, *db)
	if err != nil {
		fmt.Fprintln(os.Stderr, "seed:", err)
		return 1
	}
	defer conn.Close(ctx)
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{`WITH p AS (INSERT INTO res_partner (name, email, active, create_date, write_date) VALUES ('Robot', 'robot@shop.example', true, now(), now()) RETURNING id)
		  INSERT INTO res_users (login, password, partner_id, company_id, active, create_date, write_date)
		  SELECT 'robot', $1, p.id, (SELECT min(id) FROM res_company), true, now(), now() FROM p`, []any{passwd.Hash(*robot)}},
		{`INSERT INTO pos_session (name, config_id, user_id, state, rescue, start_at, create_date, write_date)
		  SELECT 'POS/00001', min(id), 1, 'opened', false, now() - interval '1 hour', now() - interval '1 hour', now() FROM pos_config`, nil},
		{`INSERT INTO sale_order (name, client_uuid, partner_id, company_id, website_id, state, date_order, amount_total, confirmation_sent, gift_note, create_date, write_date)
		  SELECT 'S' || to_char(i, 'FM00000'), gen_random_uuid()::text, (SELECT min(id) FROM res_partner), (SELECT min(id) FROM res_company), 1, 'sale',
		  now() - i * interval '1 hour', 10 + i % 90, true, CASE WHEN i % 10 = 0 THEN 'Happy birthday' END, now() - i * interval '1 hour', now()
		  FROM generate_series(1, $1) AS i`, []any{*orders}},
		{`INSERT INTO sale_order_line (order_id, name, product_uom_qty, price_unit, create_date, write_date)
		  SELECT id, 'Old product', 1, amount_total, create_date, write_date FROM sale_order`, nil},
		{`INSERT INTO pos_order (name, uuid, pos_reference, session_id, date_order, state, amount_total, create_date, write_date)
		  SELECT '/', gen_random_uuid()::text, 'Order ' || i, (SELECT min(id) FROM pos_session), now() - i * interval '7 days' / 50, 'done', 5,
		  now() - i * interval '7 days' / 50, now() FROM generate_series(1, $1) AS i`, []any{*orders}},
		{"ANALYZE", nil},
	} {
		if _, err := conn.Exec(ctx, step.sql, step.args...); err != nil {
			fmt.Fprintln(os.Stderr, "seed:", err)
			return 1
		}
	}
	return 0
}

// Neutralize is `odoo neutralize -d DB`: a copy must not do what the shop does.
func Neutralize(args []string) int {
	opt, _, ok := start(args)
	if !ok {
		return 2
	}
	if len(opt.Databases) != 1 {
		fmt.Fprintln(os.Stderr, "Neutralization needs one database: use -d")
		return 1
	}
	ctx, db := context.Background(), opt.Databases[0]
	conn, err := pg.FromOptions(opt).Connect(ctx, db)
	if err == nil {
		defer conn.Close(ctx)
		for _, sql := range []string{
			`UPDATE ir_cron SET active = false WHERE id NOT IN (SELECT res_id FROM ir_model_data WHERE module = 'base' AND name = 'autovacuum_job')`,
			`INSERT INTO ir_config_parameter (key, value) VALUES ('database.is_neutralized', 'true') ON CONFLICT (key) DO UPDATE SET value = 'true'`,
		} {
			if _, err = conn.Exec(ctx, sql); err != nil {
				break
			}
		}
	}
	if err != nil {
		odoolog.Critical(db, "odoo.cli.neutralize", "An error occurred during the neutralization. THE DATABASE IS NOT NEUTRALIZED!\n%s", err)
		return 1
	}
	odoolog.Info(db, "odoo.modules.neutralize", "Neutralization finished")
	return 0
}
