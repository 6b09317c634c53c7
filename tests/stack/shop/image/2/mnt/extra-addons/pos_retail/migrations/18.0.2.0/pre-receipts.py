def migrate(cr, version):
    """The search of receipts by day needs an index."""
    cr.execute("""CREATE INDEX IF NOT EXISTS pos_order_date_order_idx ON pos_order (date_order)""")
