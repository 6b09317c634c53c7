from odoo import fields, models


class QueueJob(models.Model):
    _name = "queue.job"
    _description = "Queue Job"

    uuid = fields.Char(string="UUID", required=True, index=True)
    name = fields.Char(string="Description")
    model_name = fields.Char(string="Model")
    method_name = fields.Char()
    records = fields.Json(string="Record(s)")
    channel = fields.Char(index=True)
    priority = fields.Integer(default=10)
    state = fields.Selection([
        ("wait_dependencies", "Wait Dependencies"),
        ("pending", "Pending"),
        ("enqueued", "Enqueued"),
        ("started", "Started"),
        ("done", "Done"),
        ("cancelled", "Cancelled"),
        ("failed", "Failed"),
    ], required=True, index=True, default="pending")
    exc_name = fields.Char(string="Exception")
    exc_info = fields.Text(string="Exception Info")
    date_created = fields.Datetime(string="Created Date")
    date_enqueued = fields.Datetime(string="Enqueue Time")
    date_started = fields.Datetime(string="Start Date")
    date_done = fields.Datetime()
    retry = fields.Integer(string="Current try", default=0)
    max_retries = fields.Integer(string="Max. retries", default=5)
    worker_pid = fields.Integer()
