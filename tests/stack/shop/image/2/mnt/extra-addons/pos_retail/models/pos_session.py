from odoo import fields, models


class PosConfig(models.Model):
    _name = "pos.config"
    _description = "Point of Sale Configuration"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)


class PosSession(models.Model):
    _name = "pos.session"
    _description = "Point of Sale Session"

    name = fields.Char(required=True)
    config_id = fields.Many2one("pos.config", required=True, index=True)
    user_id = fields.Many2one("res.users")
    state = fields.Selection([
        ("opening_control", "Opening Control"),
        ("opened", "In Progress"),
        ("closing_control", "Closing Control"),
        ("closed", "Closed & Posted"),
    ], required=True, default="opened", index=True)
    rescue = fields.Boolean(string="Recovery Session", default=False)
    start_at = fields.Datetime(string="Opening Date")
    stop_at = fields.Datetime(string="Closing Date")
