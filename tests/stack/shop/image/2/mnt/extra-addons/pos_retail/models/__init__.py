from . import pos_loyalty
from . import pos_order
from . import pos_session
