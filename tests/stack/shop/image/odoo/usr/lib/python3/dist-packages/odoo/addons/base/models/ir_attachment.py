from odoo import fields, models


class IrAttachment(models.Model):
    _name = "ir.attachment"
    _description = "Attachment"

    name = fields.Char(string="Name", required=True)
    res_model = fields.Char(string="Resource Model")
    res_id = fields.Integer(string="Resource ID")
    type = fields.Selection([("url", "URL"), ("binary", "File")], required=True, default="binary")
    url = fields.Char(string="Url", index=True)
    public = fields.Boolean(string="Is public document", default=False)
    store_fname = fields.Char(string="Stored Filename", index=True)
    db_datas = fields.Binary(string="Database Data")
    file_size = fields.Integer(string="File Size")
    checksum = fields.Char(string="Checksum/SHA1", index=True)
    mimetype = fields.Char(string="Mime Type")
