# License LGPL-3.0 or later (http://www.gnu.org/licenses/lgpl.html)
{
    "name": "Job Queue",
    "version": "18.0.1.4.0",
    "license": "LGPL-3",
    "category": "Generic Modules",
    "depends": ["base"],
    "data": [
        "data/queue_data.xml",
    ],
    "installable": True,
    "post_init_hook": "post_init_hook",
}
