// postgres.sessions: no transaction of a tenant has been open so long that a migration would queue
// behind it, and the shop behind the migration.
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/survey/tenants.hpp"

#include <map>

namespace ostler {

namespace {

/// Without pg_monitor other users' transactions are NULL, and a check of them would always pass.
constexpr const char* may_see =
    "SELECT pg_has_role(current_user, 'pg_monitor', 'member') "
    "OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)";
constexpr const char* old_transactions =
    "SELECT datname, pid, usename, application_name, state, "
    "extract(epoch FROM clock_timestamp() - xact_start)::int "
    "FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() "
    "AND clock_timestamp() - xact_start > interval '30 s' ORDER BY xact_start";

std::string value(const SqlRow& row, std::size_t column) {
  return column < row.size() ? sanitize(row[column].value_or(""), Lines::escape, 100) : "";
}

std::vector<Finding> look_at_server(const std::string& name,
                                    const std::vector<std::string>& tenants, const Looks& looks) {
  const std::string subject = "server " + name;
  const PostgresLook& server = looks.postgres(name);
  const auto right = server.query("", may_see);
  if (!right) return {not_seen(subject, right.failure())};
  if (right->rows.empty() || value(right->rows.front(), 0) != "t")
    return {not_seen(subject, Failure{FailureKind::refused, "its role may not see other sessions",
                                      "GRANT pg_monitor to the role of the dsn.", ""})};
  const auto rows = server.query("", old_transactions);
  if (!rows) return {not_seen(subject, rows.failure())};
  std::vector<Finding> findings;
  for (const SqlRow& row : rows->rows) {
    if (std::find(tenants.begin(), tenants.end(), value(row, 0)) == tenants.end()) continue;
    findings.push_back(failed(
        "tenant " + value(row, 0),
        fmt::format("a transaction has been open for {} s: pid {}, {} ({}), {}", value(row, 5),
                    value(row, 1), value(row, 2), value(row, 3), value(row, 4)),
        "at most 30 s",
        fmt::format("Wait for it, or end it with pg_terminate_backend({}).", value(row, 1))));
  }
  if (findings.empty())
    findings.push_back(passed(subject, "no transaction of a tenant is older than 30 s"));
  return findings;
}

std::vector<Finding> measure(const CheckSubject& subject, const Looks& looks) {
  std::vector<Finding> findings;
  std::map<std::string, std::vector<std::string>> tenants_by_server;
  for (const CellConfig& cell : subject.environment->cells) {
    const auto tenants = list_tenants(cell, looks);
    if (!tenants) {
      findings.push_back(not_seen("tenants of " + cell.name, tenants.failure()));
      continue;
    }
    auto& all = tenants_by_server[cell.tenants.server];
    all.insert(all.end(), tenants->begin(), tenants->end());
  }
  for (const auto& [server, tenants] : tenants_by_server)
    for (Finding& finding : look_at_server(server, tenants, looks))
      findings.push_back(std::move(finding));
  return findings;
}

}  // namespace

extern const CheckKind postgres_sessions_check{
    "postgres.sessions",
    "OSTLER-P003",
    "postgres",
    "no transaction of a tenant is older than 30 s",
    "Wait for long transactions (dumps, reports), or end the idle ones.",
    measure};

}  // namespace ostler
