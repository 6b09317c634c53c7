{
    'name': 'Web',
    'category': 'Hidden',
    'version': '1.0',
    'description': """
The web client.
===============
""",
    'depends': ['base'],
    'auto_install': True,
    'data': [
        'views/webclient_templates.xml',
    ],
    'assets': {
        'web.assets_web': [
            'web/static/src/main.js',
        ],
    },
    'bootstrap': True,  # load translations for login screen
    'license': 'LGPL-3',
}
