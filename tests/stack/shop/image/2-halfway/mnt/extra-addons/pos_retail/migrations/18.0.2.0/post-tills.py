from odoo.exceptions import UserError


def migrate(cr, version):
    """A script that was never tried on a shop with open tills."""
    raise UserError("Close the session of Till 1 before the update.")
