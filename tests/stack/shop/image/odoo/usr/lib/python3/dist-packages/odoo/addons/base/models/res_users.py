from odoo import fields, models


class ResUsers(models.Model):
    _name = "res.users"
    _description = "User"

    login = fields.Char(required=True)
    password = fields.Char()
    partner_id = fields.Many2one("res.partner", required=True, index=True)
    company_id = fields.Many2one("res.company", required=True)
    active = fields.Boolean(default=True)
    share = fields.Boolean(default=False)
    _sql_constraints = [
        ("login_key", "UNIQUE (login)", "You can not have two users with the same login!"),
    ]
