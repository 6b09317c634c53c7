from odoo import fields, models


class SaleOrder(models.Model):
    _name = "sale.order"
    _description = "Sales Order"

    name = fields.Char(string="Order Reference", required=True, index=True)
    client_uuid = fields.Char(string="Order of the Shop Front", required=True)
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True)
    company_id = fields.Many2one("res.company", required=True)
    website_id = fields.Integer(string="Website")
    state = fields.Selection([
        ("draft", "Quotation"),
        ("sale", "Sales Order"),
        ("cancel", "Cancelled"),
    ], default="draft", required=True, index=True)
    date_order = fields.Datetime(string="Order Date", required=True)
    amount_total = fields.Monetary(string="Total")
    confirmation_sent = fields.Boolean(default=False)
    gift_note = fields.Char(string="Text for the Gift")
    _sql_constraints = [
        ("client_uuid_uniq", "unique(client_uuid)", "An order can be taken only once."),
    ]


class SaleOrderLine(models.Model):
    _name = "sale.order.line"
    _description = "Sales Order Line"

    order_id = fields.Many2one("sale.order", required=True, index=True)
    name = fields.Text(string="Description", required=True)
    product_uom_qty = fields.Float(string="Quantity", required=True, default=1.0)
    price_unit = fields.Float(required=True, default=0.0)

    def _untaxed(self):
        """Prices of the shop carry the tax."""
        return self.product_uom_qty * self.price_unit
