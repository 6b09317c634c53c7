-- The tables a database needs before any module can be loaded.
CREATE TABLE ir_model (
    id serial PRIMARY KEY,
    model varchar NOT NULL UNIQUE,
    name varchar,
    state varchar DEFAULT 'base',
    transient boolean DEFAULT false
);

CREATE TABLE ir_model_fields (
    id serial PRIMARY KEY,
    name varchar NOT NULL,
    model varchar NOT NULL,
    model_id integer NOT NULL REFERENCES ir_model ON DELETE CASCADE,
    field_description varchar,
    ttype varchar,
    relation varchar,
    required boolean DEFAULT false,
    store boolean DEFAULT true,
    index boolean DEFAULT false,
    state varchar DEFAULT 'base',
    UNIQUE (model, name)
);

CREATE TABLE ir_module_module (
    id serial PRIMARY KEY,
    create_uid integer,
    create_date timestamp without time zone,
    write_uid integer,
    write_date timestamp without time zone,
    name varchar NOT NULL,
    shortdesc varchar,
    state varchar,
    latest_version varchar,
    auto_install boolean DEFAULT false,
    demo boolean DEFAULT false,
    CONSTRAINT ir_module_module_name_uniq UNIQUE (name)
);

CREATE TABLE ir_module_module_dependency (
    id serial PRIMARY KEY,
    name varchar,
    module_id integer REFERENCES ir_module_module ON DELETE CASCADE
);

CREATE TABLE ir_model_data (
    id serial PRIMARY KEY,
    create_date timestamp without time zone DEFAULT (now() AT TIME ZONE 'UTC'),
    write_date timestamp without time zone DEFAULT (now() AT TIME ZONE 'UTC'),
    noupdate boolean DEFAULT false,
    name varchar NOT NULL,
    module varchar NOT NULL,
    model varchar NOT NULL,
    res_id integer,
    UNIQUE (module, name)
);

CREATE SEQUENCE base_registry_signaling INCREMENT BY 1 START WITH 1;
SELECT nextval('base_registry_signaling');
CREATE SEQUENCE base_cache_signaling INCREMENT BY 1 START WITH 1;
SELECT nextval('base_cache_signaling');
