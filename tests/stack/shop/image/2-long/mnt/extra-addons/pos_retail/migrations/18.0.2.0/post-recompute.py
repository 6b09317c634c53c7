def migrate(cr, version):
    """A recompute that takes its time."""
    cr.execute("""SELECT pg_sleep(30)""")
