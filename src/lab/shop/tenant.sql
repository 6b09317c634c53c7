-- What a tenant's database holds when version 1 of the shop is installed, with a robot user, an open till and old orders;
-- the same as the template of the test stack (tests/stack/shop). A blank line ends a statement.

CREATE TABLE ir_model (
  id serial PRIMARY KEY, model varchar NOT NULL, name varchar, state varchar DEFAULT 'base',
  transient boolean DEFAULT false,
  CONSTRAINT ir_model_model_key UNIQUE (model)
)

CREATE TABLE ir_model_fields (
  id serial PRIMARY KEY, name varchar NOT NULL, model varchar NOT NULL, model_id integer NOT NULL,
  field_description varchar, ttype varchar, relation varchar, required boolean DEFAULT false,
  store boolean DEFAULT true, index boolean DEFAULT false, state varchar DEFAULT 'base',
  CONSTRAINT ir_model_fields_model_name_key UNIQUE (model, name),
  CONSTRAINT ir_model_fields_model_id_fkey FOREIGN KEY (model_id) REFERENCES ir_model(id) ON DELETE CASCADE
)

CREATE TABLE ir_module_module (
  id serial PRIMARY KEY, create_uid integer, create_date timestamp, write_uid integer, write_date timestamp,
  name varchar NOT NULL, shortdesc varchar, state varchar, latest_version varchar,
  auto_install boolean DEFAULT false, demo boolean DEFAULT false,
  CONSTRAINT ir_module_module_name_uniq UNIQUE (name)
)

CREATE TABLE ir_module_module_dependency (
  id serial PRIMARY KEY, name varchar, module_id integer,
  CONSTRAINT ir_module_module_dependency_module_id_fkey FOREIGN KEY (module_id) REFERENCES ir_module_module(id) ON DELETE CASCADE
)

CREATE TABLE ir_model_data (
  id serial PRIMARY KEY, create_date timestamp DEFAULT (now() AT TIME ZONE 'UTC'),
  write_date timestamp DEFAULT (now() AT TIME ZONE 'UTC'), noupdate boolean DEFAULT false,
  name varchar NOT NULL, module varchar NOT NULL, model varchar NOT NULL, res_id integer,
  CONSTRAINT ir_model_data_module_name_key UNIQUE (module, name)
)

CREATE TABLE ir_attachment (
  id serial PRIMARY KEY, create_uid integer, create_date timestamp, write_uid integer, write_date timestamp,
  name varchar NOT NULL, res_model varchar, res_id integer, type varchar NOT NULL, url varchar, public boolean,
  store_fname varchar, db_datas bytea, file_size integer, checksum varchar, mimetype varchar
)

CREATE TABLE ir_config_parameter (
  id serial PRIMARY KEY, create_uid integer, create_date timestamp, write_uid integer, write_date timestamp,
  key varchar NOT NULL, value text NOT NULL,
  CONSTRAINT ir_config_parameter_key_uniq UNIQUE (key)
)

CREATE TABLE ir_cron (
  id serial PRIMARY KEY, create_uid integer, create_date timestamp, write_uid integer, write_date timestamp,
  cron_name varchar NOT NULL, code text, active boolean, interval_number integer NOT NULL,
  interval_type varchar NOT NULL, nextcall timestamp NOT NULL, lastcall timestamp, priority integer,
  failure_count integer, first_failure_date timestamp
)

CREATE TABLE ir_cron_trigger (
  id serial PRIMARY KEY, create_uid integer, create_date timestamp, write_uid integer, write_date timestamp,
  cron_id integer, call_at timestamp,
  CONSTRAINT ir_cron_trigger_cron_id_fkey FOREIGN KEY (cron_id) REFERENCES ir_cron(id) ON DELETE SET NULL
)

CREATE TABLE ir_ui_view (
  id serial PRIMARY KEY, create_uid integer, create_date timestamp, write_uid integer, write_date timestamp,
  name varchar NOT NULL, model varchar, key varchar, priority integer NOT NULL, type varchar, arch_db text,
  active boolean
)

CREATE TABLE res_lang (
  id serial PRIMARY KEY, create_uid integer, create_date timestamp, write_uid integer, write_date timestamp,
  name varchar NOT NULL, code varchar NOT NULL, active boolean
)

CREATE TABLE res_partner (
  id serial PRIMARY KEY, create_uid integer, create_date timestamp, write_uid integer, write_date timestamp,
  name varchar, email varchar, lang varchar, active boolean, sale_note varchar
)

CREATE TABLE res_company (
  id serial PRIMARY KEY, create_uid integer, create_date timestamp, write_uid integer, write_date timestamp,
  name varchar NOT NULL, partner_id integer NOT NULL, active boolean,
  CONSTRAINT res_company_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES res_partner(id) ON DELETE RESTRICT
)

CREATE TABLE res_users (
  id serial PRIMARY KEY, create_uid integer, create_date timestamp, write_uid integer, write_date timestamp,
  login varchar NOT NULL, password varchar, partner_id integer NOT NULL, company_id integer NOT NULL,
  active boolean, share boolean,
  CONSTRAINT res_users_login_key UNIQUE (login),
  CONSTRAINT res_users_company_id_fkey FOREIGN KEY (company_id) REFERENCES res_company(id) ON DELETE RESTRICT,
  CONSTRAINT res_users_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES res_partner(id) ON DELETE RESTRICT
)

CREATE TABLE queue_job (
  id serial PRIMARY KEY, create_uid integer, create_date timestamp, write_uid integer, write_date timestamp,
  uuid varchar NOT NULL, name varchar, model_name varchar, method_name varchar, records jsonb, channel varchar,
  priority integer, state varchar NOT NULL, exc_name varchar, exc_info text, date_created timestamp,
  date_enqueued timestamp, date_started timestamp, date_done timestamp, retry integer, max_retries integer,
  worker_pid integer
)

CREATE TABLE sale_order (
  id serial PRIMARY KEY, create_uid integer, create_date timestamp, write_uid integer, write_date timestamp,
  name varchar NOT NULL, client_uuid varchar NOT NULL, partner_id integer NOT NULL, company_id integer NOT NULL,
  website_id integer, state varchar NOT NULL, date_order timestamp NOT NULL, amount_total numeric,
  confirmation_sent boolean, gift_note varchar,
  CONSTRAINT sale_order_client_uuid_uniq UNIQUE (client_uuid),
  CONSTRAINT sale_order_company_id_fkey FOREIGN KEY (company_id) REFERENCES res_company(id) ON DELETE RESTRICT,
  CONSTRAINT sale_order_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES res_partner(id) ON DELETE RESTRICT
)

CREATE TABLE sale_order_line (
  id serial PRIMARY KEY, create_uid integer, create_date timestamp, write_uid integer, write_date timestamp,
  order_id integer NOT NULL, name text NOT NULL, product_uom_qty numeric NOT NULL, price_unit numeric NOT NULL,
  CONSTRAINT sale_order_line_order_id_fkey FOREIGN KEY (order_id) REFERENCES sale_order(id) ON DELETE RESTRICT
)

CREATE TABLE pos_config (
  id serial PRIMARY KEY, create_uid integer, create_date timestamp, write_uid integer, write_date timestamp,
  name varchar NOT NULL, active boolean
)

CREATE TABLE pos_session (
  id serial PRIMARY KEY, create_uid integer, create_date timestamp, write_uid integer, write_date timestamp,
  name varchar NOT NULL, config_id integer NOT NULL, user_id integer, state varchar NOT NULL, rescue boolean,
  start_at timestamp, stop_at timestamp,
  CONSTRAINT pos_session_config_id_fkey FOREIGN KEY (config_id) REFERENCES pos_config(id) ON DELETE RESTRICT,
  CONSTRAINT pos_session_user_id_fkey FOREIGN KEY (user_id) REFERENCES res_users(id) ON DELETE SET NULL
)

CREATE TABLE pos_order (
  id serial PRIMARY KEY, create_uid integer, create_date timestamp, write_uid integer, write_date timestamp,
  name varchar NOT NULL, uuid varchar NOT NULL, pos_reference varchar, session_id integer NOT NULL,
  date_order timestamp NOT NULL, state varchar NOT NULL, amount_total numeric NOT NULL,
  CONSTRAINT pos_order_unique_uuid UNIQUE (uuid),
  CONSTRAINT pos_order_session_id_fkey FOREIGN KEY (session_id) REFERENCES pos_session(id) ON DELETE RESTRICT
)

CREATE INDEX ir_attachment__checksum_index ON ir_attachment (checksum)

CREATE INDEX ir_attachment__store_fname_index ON ir_attachment (store_fname)

CREATE INDEX ir_attachment__url_index ON ir_attachment (url)

CREATE INDEX ir_cron_trigger__call_at_index ON ir_cron_trigger (call_at)

CREATE INDEX ir_cron_trigger__cron_id_index ON ir_cron_trigger (cron_id)

CREATE INDEX ir_module_module__name_index ON ir_module_module (name)

CREATE INDEX ir_module_module__state_index ON ir_module_module (state)

CREATE INDEX ir_ui_view__key_index ON ir_ui_view (key)

CREATE INDEX ir_ui_view__model_index ON ir_ui_view (model)

CREATE INDEX pos_order__pos_reference_index ON pos_order (pos_reference)

CREATE INDEX pos_order__session_id_index ON pos_order (session_id)

CREATE INDEX pos_session__config_id_index ON pos_session (config_id)

CREATE INDEX pos_session__state_index ON pos_session (state)

CREATE INDEX queue_job__channel_index ON queue_job (channel)

CREATE INDEX queue_job__state_index ON queue_job (state)

CREATE INDEX queue_job__uuid_index ON queue_job (uuid)

CREATE INDEX res_partner__name_index ON res_partner (name)

CREATE INDEX res_users__partner_id_index ON res_users (partner_id)

CREATE INDEX sale_order__name_index ON sale_order (name)

CREATE INDEX sale_order__partner_id_index ON sale_order (partner_id)

CREATE INDEX sale_order__state_index ON sale_order (state)

CREATE INDEX sale_order_line__order_id_index ON sale_order_line (order_id)

CREATE FUNCTION queue_job_notify() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.state != 'done' THEN
            PERFORM pg_notify('queue_job', OLD.uuid);
        END IF;
    ELSE
        PERFORM pg_notify('queue_job', NEW.uuid);
    END IF;
    RETURN NULL;
END;
$$

CREATE TRIGGER queue_job_notify AFTER INSERT OR UPDATE OR DELETE ON queue_job
  FOR EACH ROW EXECUTE FUNCTION queue_job_notify()

CREATE SEQUENCE base_registry_signaling

CREATE SEQUENCE base_cache_signaling

SELECT setval('base_registry_signaling', 2), setval('base_cache_signaling', 1)

INSERT INTO ir_model (id, model, name) VALUES
  (1, 'ir.attachment', 'Attachment'),
  (2, 'ir.config_parameter', 'System Parameter'),
  (3, 'ir.cron', 'Scheduled Actions'),
  (4, 'ir.cron.trigger', 'Triggered actions'),
  (5, 'ir.module.module', 'Module'),
  (6, 'ir.ui.view', 'View'),
  (7, 'res.company', 'Companies'),
  (8, 'res.partner', 'Contact'),
  (9, 'res.lang', 'Languages'),
  (10, 'res.users', 'User'),
  (11, 'queue.job', 'Queue Job'),
  (13, 'sale.order', 'Sales Order'),
  (14, 'sale.order.line', 'Sales Order Line'),
  (15, 'pos.order', 'Point of Sale Orders'),
  (16, 'pos.config', 'Point of Sale Configuration'),
  (17, 'pos.session', 'Point of Sale Session')

INSERT INTO ir_model_fields (name, model, model_id, ttype, relation, required, index)
SELECT f.name, f.model, m.id, f.ttype, f.relation, f.required, f.index FROM (VALUES
  ('name', 'ir.attachment', 'char', NULL, true, false),
  ('res_model', 'ir.attachment', 'char', NULL, false, false),
  ('res_id', 'ir.attachment', 'integer', NULL, false, false),
  ('type', 'ir.attachment', 'selection', NULL, true, false),
  ('url', 'ir.attachment', 'char', NULL, false, true),
  ('public', 'ir.attachment', 'boolean', NULL, false, false),
  ('store_fname', 'ir.attachment', 'char', NULL, false, true),
  ('db_datas', 'ir.attachment', 'binary', NULL, false, false),
  ('file_size', 'ir.attachment', 'integer', NULL, false, false),
  ('checksum', 'ir.attachment', 'char', NULL, false, true),
  ('mimetype', 'ir.attachment', 'char', NULL, false, false),
  ('key', 'ir.config_parameter', 'char', NULL, true, false),
  ('value', 'ir.config_parameter', 'text', NULL, true, false),
  ('cron_name', 'ir.cron', 'char', NULL, true, false),
  ('code', 'ir.cron', 'text', NULL, false, false),
  ('active', 'ir.cron', 'boolean', NULL, false, false),
  ('interval_number', 'ir.cron', 'integer', NULL, true, false),
  ('interval_type', 'ir.cron', 'selection', NULL, true, false),
  ('nextcall', 'ir.cron', 'datetime', NULL, true, false),
  ('lastcall', 'ir.cron', 'datetime', NULL, false, false),
  ('priority', 'ir.cron', 'integer', NULL, false, false),
  ('failure_count', 'ir.cron', 'integer', NULL, false, false),
  ('first_failure_date', 'ir.cron', 'datetime', NULL, false, false),
  ('cron_id', 'ir.cron.trigger', 'many2one', 'ir.cron', false, true),
  ('call_at', 'ir.cron.trigger', 'datetime', NULL, false, true),
  ('name', 'ir.module.module', 'char', NULL, true, true),
  ('shortdesc', 'ir.module.module', 'char', NULL, false, false),
  ('state', 'ir.module.module', 'selection', NULL, false, true),
  ('latest_version', 'ir.module.module', 'char', NULL, false, false),
  ('auto_install', 'ir.module.module', 'boolean', NULL, false, false),
  ('demo', 'ir.module.module', 'boolean', NULL, false, false),
  ('name', 'ir.ui.view', 'char', NULL, true, false),
  ('model', 'ir.ui.view', 'char', NULL, false, true),
  ('key', 'ir.ui.view', 'char', NULL, false, true),
  ('priority', 'ir.ui.view', 'integer', NULL, true, false),
  ('type', 'ir.ui.view', 'selection', NULL, false, false),
  ('arch_db', 'ir.ui.view', 'text', NULL, false, false),
  ('active', 'ir.ui.view', 'boolean', NULL, false, false),
  ('name', 'res.company', 'char', NULL, true, false),
  ('partner_id', 'res.company', 'many2one', 'res.partner', true, false),
  ('active', 'res.company', 'boolean', NULL, false, false),
  ('name', 'res.partner', 'char', NULL, false, true),
  ('email', 'res.partner', 'char', NULL, false, false),
  ('lang', 'res.partner', 'char', NULL, false, false),
  ('active', 'res.partner', 'boolean', NULL, false, false),
  ('name', 'res.lang', 'char', NULL, true, false),
  ('code', 'res.lang', 'char', NULL, true, false),
  ('active', 'res.lang', 'boolean', NULL, false, false),
  ('login', 'res.users', 'char', NULL, true, false),
  ('password', 'res.users', 'char', NULL, false, false),
  ('partner_id', 'res.users', 'many2one', 'res.partner', true, true),
  ('company_id', 'res.users', 'many2one', 'res.company', true, false),
  ('active', 'res.users', 'boolean', NULL, false, false),
  ('share', 'res.users', 'boolean', NULL, false, false),
  ('uuid', 'queue.job', 'char', NULL, true, true),
  ('name', 'queue.job', 'char', NULL, false, false),
  ('model_name', 'queue.job', 'char', NULL, false, false),
  ('method_name', 'queue.job', 'char', NULL, false, false),
  ('records', 'queue.job', 'json', NULL, false, false),
  ('channel', 'queue.job', 'char', NULL, false, true),
  ('priority', 'queue.job', 'integer', NULL, false, false),
  ('state', 'queue.job', 'selection', NULL, true, true),
  ('exc_name', 'queue.job', 'char', NULL, false, false),
  ('exc_info', 'queue.job', 'text', NULL, false, false),
  ('date_created', 'queue.job', 'datetime', NULL, false, false),
  ('date_enqueued', 'queue.job', 'datetime', NULL, false, false),
  ('date_started', 'queue.job', 'datetime', NULL, false, false),
  ('date_done', 'queue.job', 'datetime', NULL, false, false),
  ('retry', 'queue.job', 'integer', NULL, false, false),
  ('max_retries', 'queue.job', 'integer', NULL, false, false),
  ('worker_pid', 'queue.job', 'integer', NULL, false, false),
  ('sale_note', 'res.partner', 'char', NULL, false, false),
  ('name', 'sale.order', 'char', NULL, true, true),
  ('client_uuid', 'sale.order', 'char', NULL, true, false),
  ('partner_id', 'sale.order', 'many2one', 'res.partner', true, true),
  ('company_id', 'sale.order', 'many2one', 'res.company', true, false),
  ('website_id', 'sale.order', 'integer', NULL, false, false),
  ('state', 'sale.order', 'selection', NULL, true, true),
  ('date_order', 'sale.order', 'datetime', NULL, true, false),
  ('amount_total', 'sale.order', 'monetary', NULL, false, false),
  ('confirmation_sent', 'sale.order', 'boolean', NULL, false, false),
  ('gift_note', 'sale.order', 'char', NULL, false, false),
  ('order_id', 'sale.order.line', 'many2one', 'sale.order', true, true),
  ('name', 'sale.order.line', 'text', NULL, true, false),
  ('product_uom_qty', 'sale.order.line', 'float', NULL, true, false),
  ('price_unit', 'sale.order.line', 'float', NULL, true, false),
  ('name', 'pos.order', 'char', NULL, true, false),
  ('uuid', 'pos.order', 'char', NULL, true, false),
  ('pos_reference', 'pos.order', 'char', NULL, false, true),
  ('session_id', 'pos.order', 'many2one', 'pos.session', true, true),
  ('date_order', 'pos.order', 'datetime', NULL, true, false),
  ('state', 'pos.order', 'selection', NULL, true, false),
  ('amount_total', 'pos.order', 'float', NULL, true, false),
  ('name', 'pos.config', 'char', NULL, true, false),
  ('active', 'pos.config', 'boolean', NULL, false, false),
  ('name', 'pos.session', 'char', NULL, true, false),
  ('config_id', 'pos.session', 'many2one', 'pos.config', true, true),
  ('user_id', 'pos.session', 'many2one', 'res.users', false, false),
  ('state', 'pos.session', 'selection', NULL, true, true),
  ('rescue', 'pos.session', 'boolean', NULL, false, false),
  ('start_at', 'pos.session', 'datetime', NULL, false, false),
  ('stop_at', 'pos.session', 'datetime', NULL, false, false)
) AS f (name, model, ttype, relation, required, index) JOIN ir_model m ON m.model = f.model

INSERT INTO ir_model_fields (name, model, model_id, ttype)
SELECT f.name, m.model, m.id, 'integer' FROM ir_model m,
  unnest(ARRAY['id', 'create_uid', 'create_date', 'write_uid', 'write_date']) AS f (name)

INSERT INTO ir_model_data (module, name, model, res_id)
SELECT t.module, 'model_' || replace(t.model, '.', '_'), 'ir.model', m.id FROM (VALUES
  ('base', 'ir.attachment'),
  ('base', 'ir.config_parameter'),
  ('base', 'ir.cron'),
  ('base', 'ir.cron.trigger'),
  ('base', 'ir.module.module'),
  ('base', 'ir.ui.view'),
  ('base', 'res.company'),
  ('base', 'res.partner'),
  ('base', 'res.lang'),
  ('base', 'res.users'),
  ('queue_job', 'queue.job'),
  ('sale_omni', 'res.partner'),
  ('sale_omni', 'sale.order'),
  ('sale_omni', 'sale.order.line'),
  ('pos_retail', 'pos.order'),
  ('pos_retail', 'pos.config'),
  ('pos_retail', 'pos.session')
) AS t (module, model) JOIN ir_model m ON m.model = t.model

-- A module declares all fields of its models, and the magic ones of a model that it only adds to.
INSERT INTO ir_model_data (module, name, model, res_id)
SELECT d.module, 'field_' || replace(f.model, '.', '_') || '__' || f.name, 'ir.model.fields', f.id
FROM ir_model_data d JOIN ir_model m ON d.model = 'ir.model' AND m.id = d.res_id JOIN ir_model_fields f ON f.model_id = m.id
WHERE f.name IN ('id', 'create_uid', 'create_date', 'write_uid', 'write_date')
  OR f.model <> 'res.partner' OR (f.name = 'sale_note') = (d.module = 'sale_omni')

INSERT INTO ir_model_data (module, name, model, res_id, noupdate) VALUES
  ('base', 'lang_en', 'res.lang', 1, true),
  ('base', 'main_partner', 'res.partner', 1, true),
  ('base', 'main_company', 'res.company', 1, true),
  ('base', 'partner_admin', 'res.partner', 2, true),
  ('base', 'user_admin', 'res.users', 1, true),
  ('base', 'autovacuum_job', 'ir.cron', 1, true),
  ('queue_job', 'ir_cron_autovacuum_queue_jobs', 'ir.cron', 2, true),
  ('web', 'login', 'ir.ui.view', 1, false),
  ('sale_omni', 'ir_cron_heartbeat', 'ir.cron', 3, false),
  ('sale_omni', 'view_order_list', 'ir.ui.view', 2, false),
  ('sale_omni', 'view_order_form', 'ir.ui.view', 3, false),
  ('pos_retail', 'pos_config_main', 'pos.config', 1, true),
  ('pos_retail', 'view_pos_order_list', 'ir.ui.view', 4, false)

INSERT INTO ir_module_module (id, name, shortdesc, state, latest_version, auto_install, create_date, write_date)
SELECT id, name, title, 'installed', version, auto, now(), now() FROM (VALUES
  (1, 'base', 'Base', '18.0.1.3', true),
  (2, 'pos_retail', 'Retail Point of Sale', '18.0.1.0', false),
  (3, 'queue_job', 'Job Queue', '18.0.1.4.0', false),
  (4, 'sale_omni', 'Omnichannel Sales', '18.0.1.0', false),
  (5, 'web', 'Web', '18.0.1.0', true)
) AS m (id, name, title, version, auto)

INSERT INTO ir_module_module_dependency (name, module_id) VALUES
  ('sale_omni', 2), ('base', 3), ('web', 4), ('queue_job', 4), ('base', 5)

INSERT INTO ir_config_parameter VALUES
  (1, NULL, now(), NULL, now(), 'database.secret', '1bb140a2-984f-404a-a9cc-b6fa1bf750fb'),
  (2, NULL, now(), NULL, now(), 'database.uuid', '0c601e38-93ec-45d8-a140-f8a26dc767a8')

INSERT INTO ir_cron VALUES
  (1, 1, now(), 1, now(), 'Base: Auto-vacuum internal data', 'model._run_vacuum_cleaner()', true, 1, 'days', now(), NULL, 3, 0, NULL),
  (2, 1, now(), 1, now(), 'AutoVacuum Job Queue', 'model.autovacuum()', true, 1, 'days', now(), NULL, 5, 0, NULL),
  (3, 1, now(), 1, now(), 'Omnichannel: collect orders of the marketplaces', 'model._cron_heartbeat()', true, 3, 'seconds', now(), NULL, 5, 0, NULL)

INSERT INTO ir_cron_trigger VALUES
  (1, NULL, now(), NULL, NULL, 1, now() + interval '1 minute')

INSERT INTO ir_ui_view VALUES
  (1, 1, now(), 1, now(), 'Login', NULL, 'web.login', 16, 'qweb', '<t t-call="web.login_layout"><form class="oe_login_form" role="form" method="post"/></t>', true),
  (2, 1, now(), 1, now(), 'sale.order.list', 'sale.order', NULL, 16, 'list', '<list string="Orders"><field name="name"/><field name="partner_id"/><field name="amount_total"/></list>', true),
  (3, 1, now(), 1, now(), 'sale.order.form', 'sale.order', NULL, 16, 'form', '<form string="Order"><field name="name"/><field name="state"/></form>', true),
  (4, 1, now(), 1, now(), 'pos.order.list', 'pos.order', NULL, 16, 'list', '<list string="Receipts"><field name="pos_reference"/><field name="amount_total"/></list>', true)

INSERT INTO res_lang VALUES
  (1, 1, now(), 1, now(), 'English (US)', 'en_US', true)

INSERT INTO res_partner VALUES
  (1, 1, now(), 1, now(), 'The Shop', 'info@shop.example', 'en_US', true, NULL),
  (2, 1, now(), 1, now(), 'Administrator', 'admin@shop.example', 'en_US', true, NULL),
  (3, NULL, now(), NULL, now(), 'Robot', 'robot@shop.example', NULL, true, NULL)

INSERT INTO res_company VALUES
  (1, 1, now(), 1, now(), 'The Shop', 1, true)

INSERT INTO res_users VALUES
  (1, 1, now(), 1, now(), 'admin', '$pbkdf2-sha512$1000$5nj5LbJFrxRgf41AGqmnKQ$EYUXPfIFNA2lyhQb7uzty1vU/M44zQm5q4537FhO/T0dLnTALeUhfcAWE1TB9q2v4WymmjZzCv3NMxlDuWERGw', 2, 1, true, false),
  (2, NULL, now(), NULL, now(), 'robot', '$pbkdf2-sha512$1000$xSwr3Wthi4Qo3wKPfeEQEA$Ocu7paZGC6XaMNBLgsMdv7jxbNRPz4M3Ygng78I02pGCs712pWpgzXX9AIrFhiFWD9yts7yU.RUsjBCBUARHtQ', 3, 1, true, NULL)

INSERT INTO pos_config VALUES
  (1, 1, now(), 1, now(), 'Till 1', true)

INSERT INTO pos_session VALUES
  (1, NULL, now() - interval '1 hour', NULL, now(), 'POS/00001', 1, 1, 'opened', false, now() - interval '1 hour', NULL)

INSERT INTO sale_order (name, client_uuid, partner_id, company_id, website_id, state, date_order, amount_total, confirmation_sent,
  gift_note, create_date, write_date)
SELECT 'S' || to_char(i, 'FM00000'), gen_random_uuid()::text, 1, 1, 1, 'sale', now() - i * interval '1 hour', 10 + i % 90, true,
  CASE WHEN i % 10 = 0 THEN 'Happy birthday' END, now() - i * interval '1 hour', now()
FROM generate_series(1, 200) AS i

INSERT INTO sale_order_line (order_id, name, product_uom_qty, price_unit, create_date, write_date)
SELECT id, 'Old product', 1, amount_total, create_date, write_date FROM sale_order

INSERT INTO pos_order (name, uuid, pos_reference, session_id, date_order, state, amount_total, create_date, write_date)
SELECT '/', gen_random_uuid()::text, 'Order ' || i, 1, now() - i * interval '7 days' / 50, 'done', 5,
  now() - i * interval '7 days' / 50, now() FROM generate_series(1, 200) AS i

SELECT setval('ir_model_id_seq', (SELECT max(id) FROM ir_model)),
  setval('ir_module_module_id_seq', (SELECT max(id) FROM ir_module_module)),
  setval('ir_config_parameter_id_seq', (SELECT max(id) FROM ir_config_parameter)),
  setval('ir_cron_id_seq', (SELECT max(id) FROM ir_cron)),
  setval('ir_cron_trigger_id_seq', (SELECT max(id) FROM ir_cron_trigger)),
  setval('ir_ui_view_id_seq', (SELECT max(id) FROM ir_ui_view)),
  setval('res_lang_id_seq', (SELECT max(id) FROM res_lang)),
  setval('res_partner_id_seq', (SELECT max(id) FROM res_partner)),
  setval('res_company_id_seq', (SELECT max(id) FROM res_company)),
  setval('res_users_id_seq', (SELECT max(id) FROM res_users)),
  setval('pos_config_id_seq', (SELECT max(id) FROM pos_config)),
  setval('pos_session_id_seq', (SELECT max(id) FROM pos_session))
