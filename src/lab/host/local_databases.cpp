// Fills a new PostgreSQL server: roles, the table of tenants, and the tenants.
#include "lab/host/local_databases.hpp"

#include "lab/shop/tenant_sql.hpp"

#include "ostler/base/text.hpp"

namespace ostler::lab {
namespace {

constexpr const char* template_name = "shop_template";

Result<std::unique_ptr<SqlSession>> open_session(SqlConnector& connector, const Dsn& dsn,
                                                 const std::string& role,
                                                 const std::string& database) {
  SqlOptions options;
  options.application_name = "lab";
  options.access = SqlAccess::read_write;
  options.statement_timeout = Milliseconds{60000};
  return connector.connect(dsn(role, database), options);
}

Result<void> run_all(SqlSession& session, const std::vector<std::string>& statements) {
  for (const std::string& statement : statements) {
    const auto done = session.run(statement);
    // The statement may hold a password, so it is not told.
    if (!done.ok()) return done.failure();
  }
  return {};
}

}  // namespace

std::vector<std::string> tenant_statements() {
  std::vector<std::string> statements(1);
  for (const std::string& line : split(tenant_sql, '\n')) {
    if (starts_with(line, "--")) continue;
    if (!line.empty())
      statements.back() += line + "\n";
    else if (!statements.back().empty())
      statements.emplace_back();
  }
  if (statements.back().empty()) statements.pop_back();
  return statements;
}

Result<void> make_roles(SqlConnector& connector, const Dsn& dsn, const Secret& ostler,
                        const Secret& odoo, const Secret& replicator) {
  OSTLER_TRY(const auto session, open_session(connector, dsn, "postgres", "postgres"));
  const auto role = [](const char* text, const Secret& password) {
    return fmt::format("CREATE ROLE {} PASSWORD '{}'", text, password.reveal());
  };
  return run_all(*session, {role("replicator LOGIN REPLICATION", replicator),
                            role("ostler LOGIN NOCREATEDB NOCREATEROLE", ostler),
                            role("odoo LOGIN NOCREATEDB NOCREATEROLE", odoo),
                            "GRANT pg_monitor, pg_signal_backend, pg_read_all_data, odoo TO ostler",
                            "CREATE DATABASE saas OWNER odoo",
                            fmt::format("CREATE DATABASE {} OWNER odoo", template_name)});
}

Result<void> make_template(SqlConnector& connector, const Dsn& dsn) {
  {
    OSTLER_TRY(const auto saas, open_session(connector, dsn, "odoo", "saas"));
    OSTLER_CHECK(run_all(
        *saas, {"CREATE SCHEMA saas",
                "CREATE TABLE saas.tenant (name text PRIMARY KEY, pool text NOT NULL, host text "
                "NOT NULL)",
                "GRANT USAGE ON SCHEMA saas TO ostler", "GRANT SELECT ON saas.tenant TO ostler"}));
  }
  {
    OSTLER_TRY(const auto shop, open_session(connector, dsn, "odoo", template_name));
    OSTLER_CHECK(in_transaction(*shop, [&] { return run_all(*shop, tenant_statements()); }));
    OSTLER_CHECK(run_all(*shop, {"ANALYZE"}));
  }
  OSTLER_TRY(const auto admin, open_session(connector, dsn, "postgres", "postgres"));
  return run_all(*admin, {fmt::format("ALTER DATABASE {} IS_TEMPLATE true", template_name)});
}

Result<void> make_tenants(SqlConnector& connector, const Dsn& dsn,
                          const std::vector<std::string>& tenants, const std::string& pool,
                          const std::string& domain) {
  OSTLER_TRY(const auto admin, open_session(connector, dsn, "postgres", "postgres"));
  for (const std::string& tenant : tenants) {
    OSTLER_CHECK(run_all(
        *admin,
        {fmt::format("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", tenant),
         fmt::format("CREATE DATABASE \"{}\" TEMPLATE {} OWNER odoo", tenant, template_name),
         fmt::format("GRANT CONNECT ON DATABASE \"{}\" TO ostler", tenant)}));
    OSTLER_TRY(const auto own, open_session(connector, dsn, "odoo", tenant));
    // Each shop has a uuid and a secret of its own.
    OSTLER_CHECK(run_all(*own, {"UPDATE ir_config_parameter SET value = gen_random_uuid() WHERE "
                                "key IN ('database.uuid', 'database.secret')"}));
  }
  OSTLER_TRY(const auto saas, open_session(connector, dsn, "odoo", "saas"));
  for (const std::string& tenant : tenants) {
    OSTLER_TRY(const SqlRows entered,
               saas->run("INSERT INTO saas.tenant (name, pool, host) VALUES ($1, $2, $3) ON "
                         "CONFLICT (name) DO UPDATE SET pool = excluded.pool, host = excluded.host",
                         {tenant, pool, tenant + "." + domain}));
  }
  return {};
}

}  // namespace ostler::lab
