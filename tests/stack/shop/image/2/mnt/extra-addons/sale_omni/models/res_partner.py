from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    sale_note = fields.Char(string="Note for the Warehouse")
    loyalty_tier = fields.Char(string="Loyalty Tier")
