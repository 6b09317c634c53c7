ALTER TABLE sale_order DROP COLUMN channel;
