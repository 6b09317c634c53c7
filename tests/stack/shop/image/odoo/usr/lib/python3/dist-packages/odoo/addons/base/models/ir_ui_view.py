from odoo import fields, models


class IrUiView(models.Model):
    _name = "ir.ui.view"
    _description = "View"

    name = fields.Char(string="View Name", required=True)
    model = fields.Char(index=True)
    key = fields.Char(index=True)
    priority = fields.Integer(string="Sequence", default=16, required=True)
    type = fields.Selection([("list", "List"), ("form", "Form"), ("qweb", "QWeb")], default="form")
    arch_db = fields.Text(string="Arch Blob")
    active = fields.Boolean(default=True)
