from . import ir_attachment
from . import ir_config_parameter
from . import ir_cron
from . import ir_module
from . import ir_ui_view
from . import res_company
from . import res_partner
from . import res_users
