from odoo import fields, models


class PosOrder(models.Model):
    _name = "pos.order"
    _description = "Point of Sale Orders"

    name = fields.Char(string="Order Ref", required=True)
    uuid = fields.Char(string="Uuid", required=True)
    pos_reference = fields.Char(string="Receipt Number", index=True)
    session_id = fields.Many2one("pos.session", required=True, index=True)
    date_order = fields.Datetime(required=True)
    state = fields.Selection([
        ("draft", "New"),
        ("paid", "Paid"),
        ("done", "Posted"),
        ("cancel", "Cancelled"),
    ], default="draft", required=True)
    amount_total = fields.Float(required=True, default=0.0)
    _sql_constraints = [
        ("unique_uuid", "unique (uuid)", "An order with this uuid already exists"),
    ]
