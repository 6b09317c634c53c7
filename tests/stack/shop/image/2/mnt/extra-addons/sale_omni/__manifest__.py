{
    "name": "Omnichannel Sales",
    "version": "18.0.2.0",
    "category": "Sales",
    "license": "LGPL-3",
    "depends": ["web", "queue_job"],
    "data": [
        "data/ir_cron.xml",
        "views/sale_order_views.xml",
    ],
    "assets": {
        "web.assets_web": [
            "sale_omni/static/src/checkout.js",
        ],
    },
    "installable": True,
    "application": True,
}
