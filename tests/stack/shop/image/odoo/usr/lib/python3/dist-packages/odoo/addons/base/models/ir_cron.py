from odoo import fields, models


class IrCron(models.Model):
    _name = "ir.cron"
    _description = "Scheduled Actions"

    cron_name = fields.Char(string="Name", required=True)
    code = fields.Text(string="Python Code")
    active = fields.Boolean(default=True)
    interval_number = fields.Integer(default=1, required=True)
    interval_type = fields.Selection([
        ("seconds", "Seconds"),
        ("minutes", "Minutes"),
        ("hours", "Hours"),
        ("days", "Days"),
    ], string="Interval Unit", default="minutes", required=True)
    nextcall = fields.Datetime(string="Next Execution Date", required=True, default="now")
    lastcall = fields.Datetime(string="Last Execution Date")
    priority = fields.Integer(default=5)
    failure_count = fields.Integer(default=0)
    first_failure_date = fields.Datetime(string="First Failure Date")


class IrCronTrigger(models.Model):
    _name = "ir.cron.trigger"
    _description = "Triggered actions"

    cron_id = fields.Many2one("ir.cron", index=True)
    call_at = fields.Datetime(index=True)
