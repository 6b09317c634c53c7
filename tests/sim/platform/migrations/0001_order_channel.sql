-- The sales channel of an order; the old version neither reads nor writes it.
ALTER TABLE sale_order ADD COLUMN sales_channel text;
COMMENT ON COLUMN sale_order.sales_channel IS 'web, pos or marketplace; written from version 2 on';
