package buy

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// compare looks for every acknowledged order in its tenant's database.
func compare(dsn string, b *book, sum *Summary) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conf, err := pgx.ParseConfig(dsn)
	if err != nil {
		return err
	}
	for tenant, orders := range b.orders {
		conf.Database = tenant
		conn, err := pgx.ConnectConfig(ctx, conf)
		if err != nil {
			return err
		}
		for _, table := range []struct {
			sql string
			pos bool
		}{{"SELECT client_uuid FROM sale_order WHERE client_uuid = ANY($1)", false}, {"SELECT uuid FROM pos_order WHERE uuid = ANY($1)", true}} {
			if err := count(ctx, conn, table.sql, pick(orders, table.pos), tenant, sum); err != nil {
				conn.Close(ctx)
				return err
			}
		}
		conn.Close(ctx)
	}
	return nil
}

func pick(orders []acknowledged, pos bool) []string {
	var out []string
	for _, o := range orders {
		if o.pos == pos {
			out = append(out, o.order)
		}
	}
	return out
}

func count(ctx context.Context, conn *pgx.Conn, sql string, orders []string, tenant string, sum *Summary) error {
	rows, err := conn.Query(ctx, sql, orders)
	if err != nil {
		return err
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	times := map[string]int{}
	for _, uuid := range found {
		times[uuid]++
	}
	for _, uuid := range orders {
		switch n := times[uuid]; {
		case n == 0:
			sum.Lost++
			if len(sum.LostOrders) < 100 {
				sum.LostOrders = append(sum.LostOrders, fmt.Sprintf("%s/%s", tenant, uuid))
			}
		case n > 1:
			sum.Doubled++
		}
	}
	return nil
}
