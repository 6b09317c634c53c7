from . import models

POST_INIT_SQL = "data/queue_job_notify.sql"
