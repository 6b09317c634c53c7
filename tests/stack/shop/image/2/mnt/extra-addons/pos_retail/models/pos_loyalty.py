from odoo import fields, models


class PosLoyaltyCard(models.Model):
    _name = "pos.loyalty.card"
    _description = "Loyalty Card"

    name = fields.Char(string="Card Number", required=True, index=True)
    partner_id = fields.Many2one("res.partner", index=True)
    points = fields.Float(default=0.0)
