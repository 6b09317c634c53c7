from odoo import fields, models


class ResPartner(models.Model):
    _name = "res.partner"
    _description = "Contact"

    name = fields.Char(index=True)
    email = fields.Char()
    lang = fields.Char(default="en_US")
    active = fields.Boolean(default=True)


class ResLang(models.Model):
    _name = "res.lang"
    _description = "Languages"

    name = fields.Char(required=True)
    code = fields.Char(string="Locale Code", required=True)
    active = fields.Boolean()
