from odoo import fields, models


class IrModuleModule(models.Model):
    _name = "ir.module.module"
    _description = "Module"

    name = fields.Char(string="Technical Name", required=True, index=True)
    shortdesc = fields.Char(string="Module Name")
    state = fields.Selection([
        ("uninstallable", "Uninstallable"),
        ("uninstalled", "Not Installed"),
        ("installed", "Installed"),
        ("to upgrade", "To be upgraded"),
        ("to remove", "To be removed"),
        ("to install", "To be installed"),
    ], string="Status", default="uninstallable", index=True)
    latest_version = fields.Char(string="Installed Version")
    auto_install = fields.Boolean(string="Automatic Installation")
    demo = fields.Boolean(string="Demo Data", default=False)
    _sql_constraints = [
        ("name_uniq", "UNIQUE (name)", "The name of the module must be unique!"),
    ]
