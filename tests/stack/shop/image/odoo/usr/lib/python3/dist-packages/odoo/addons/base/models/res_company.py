from odoo import fields, models


class ResCompany(models.Model):
    _name = "res.company"
    _description = "Companies"

    name = fields.Char(required=True)
    partner_id = fields.Many2one("res.partner", string="Partner", required=True)
    active = fields.Boolean(default=True)
