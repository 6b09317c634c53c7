{
    'name': 'Base',
    'version': '1.3',
    'category': 'Hidden',
    'description': """
The kernel of the shop, needed for all installation.
====================================================
""",
    'depends': [],
    'data': [
        'data/base_data.xml',
    ],
    'installable': True,
    'auto_install': True,
    'license': 'LGPL-3',
}
