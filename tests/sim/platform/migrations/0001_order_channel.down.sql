ALTER TABLE sale_order DROP COLUMN sales_channel;
