# Starts a PostgreSQL primary and its streaming replica, with encrypted connections, roles and the table of tenants.
# shellcheck shell=bash

PG=/usr/lib/postgresql/15/bin
PG_DATA=$STATE/postgres

AS_POSTGRES=(unshare --ipc --mount "$STACK_SOURCE/lib/as-postgres")

start_postgres() { # name, port
  start "$1" "${AS_POSTGRES[@]}" "$PG/postgres" -D "$PG_DATA/${1#postgres-}" -p "$2"
}

postgres_url() { # role, port, database
  echo "postgresql://$1:$(secret "$1")@127.0.0.1:$2/$3?sslmode=verify-full&sslrootcert=$PKI/ca.crt"
}

make_primary() {
  install --directory --owner postgres --group postgres --mode 700 "$PG_DATA"
  install --owner postgres --group postgres --mode 600 "$PKI/server.key" "$PKI/server.crt" "$PKI/ca.crt" "$SECRETS/postgres" "$PG_DATA"
  "${AS_POSTGRES[@]}" "$PG/initdb" --pgdata "$PG_DATA/primary" --no-sync --username postgres --pwfile "$PG_DATA/postgres" \
    --auth scram-sha-256 --encoding UTF8 --locale C.UTF-8 >>"$LOGS/postgres-primary.log" 2>&1 ||
    { last_lines postgres-primary && return 1; }
  cat >>"$PG_DATA/primary/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1,$NODE_IP'
# A socket in /run would be the same for every stack.
unix_socket_directories = ''
ssl = on
ssl_cert_file = '$PG_DATA/server.crt'
ssl_key_file = '$PG_DATA/server.key'
ssl_ca_file = '$PG_DATA/ca.crt'
max_connections = 300
shared_buffers = 64MB
wal_level = replica
# Everything dies with the stack, so nothing has to reach the disk.
fsync = off
full_page_writes = off
log_line_prefix = '%m [%p] %q%u@%d %a '
CONF
  cat >"$PG_DATA/primary/pg_hba.conf" <<'CONF'
host all         all        0.0.0.0/0 scram-sha-256
host replication replicator 0.0.0.0/0 scram-sha-256
CONF
}

make_replica() {
  # pg_basebackup writes the password into the replica's settings, so that it finds the primary again by itself.
  PGPASSWORD=$(secret replicator) inside "${AS_POSTGRES[@]}" \
    env HOME="$PG_DATA" "$PG/pg_basebackup" --dbname "host=127.0.0.1 port=5432 user=replicator sslmode=require application_name=replica" \
    --pgdata "$PG_DATA/replica" --checkpoint fast --wal-method stream --write-recovery-conf --create-slot --slot replica --no-sync \
    >>"$LOGS/postgres-replica.log" 2>&1
}

make_roles() {
  inside psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 "$(postgres_url postgres 5432 postgres)" >>"$LOGS/postgres-setup.log" 2>&1 <<SQL
CREATE ROLE replicator LOGIN REPLICATION PASSWORD '$(secret replicator)';
CREATE ROLE ostler LOGIN NOCREATEDB NOCREATEROLE PASSWORD '$(secret ostler)' IN ROLE pg_monitor, pg_signal_backend;
CREATE ROLE odoo LOGIN NOCREATEDB NOCREATEROLE PASSWORD '$(secret odoo)';
CREATE DATABASE saas OWNER odoo;
SQL
  inside psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 "$(postgres_url odoo 5432 saas)" >>"$LOGS/postgres-setup.log" 2>&1 <<SQL
CREATE SCHEMA saas;
CREATE TABLE saas.tenant (name text PRIMARY KEY, pool text NOT NULL, host text NOT NULL);
GRANT USAGE ON SCHEMA saas TO ostler;
GRANT SELECT ON saas.tenant TO ostler;
SQL
}

start_databases() {
  cd / # the folder that up was called from may not be the postgres user's to enter
  make_primary
  start_postgres postgres-primary 5432
  await postgres-primary 60
  make_roles || { last_lines postgres-setup && return 1; }
  make_replica || { last_lines postgres-replica && return 1; }
  start_postgres postgres-replica 5433
  await postgres-replica 60
}
