ALTER TABLE sale_order ADD COLUMN channel text;
