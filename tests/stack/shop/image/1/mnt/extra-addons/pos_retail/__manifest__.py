{
    "name": "Retail Point of Sale",
    "version": "18.0.1.0",
    "category": "Sales/Point of Sale",
    "license": "LGPL-3",
    "depends": ["sale_omni"],
    "data": [
        "data/pos_config.xml",
        "views/pos_order_views.xml",
    ],
    "assets": {
        "web.assets_web": [
            "pos_retail/static/src/till.js",
        ],
    },
    "installable": True,
}
