from odoo import fields, models


class IrConfigParameter(models.Model):
    _name = "ir.config_parameter"
    _description = "System Parameter"

    key = fields.Char(required=True)
    value = fields.Text(required=True)
    _sql_constraints = [
        ("key_uniq", "unique (key)", "Key must be unique."),
    ]
