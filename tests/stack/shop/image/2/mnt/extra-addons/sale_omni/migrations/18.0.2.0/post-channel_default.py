def migrate(cr, version):
    """Name the channel of orders that carry none. Runs twice without harm."""
    cr.execute(
        """
        INSERT INTO ir_config_parameter (key, value, create_date, write_date)
        VALUES ('sale_omni.default_channel', 'web', now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
        ON CONFLICT (key) DO NOTHING
        """
    )
