// Lists a cell's tenants and reads from their databases what a plan rests on.
#include "ostler/survey/tenants.hpp"

#include "ostler/base/side_by_side.hpp"
#include "ostler/base/text.hpp"

namespace ostler {

namespace {

constexpr const char* is_odoo = "SELECT to_regclass('public.ir_module_module') IS NOT NULL";
constexpr const char* has_ledger = "SELECT to_regclass('public.ostler_migration') IS NOT NULL";
constexpr const char* modules =
    "SELECT name, latest_version, state FROM ir_module_module "
    "WHERE state IN ('installed', 'to upgrade', 'to remove', 'to install') ORDER BY name";
constexpr const char* ledger = "SELECT version, checksum FROM ostler_migration ORDER BY version";

std::string value(const SqlRow& row, std::size_t column) {
  return column < row.size() && row[column] ? sanitize(*row[column]) : "";
}

Result<bool> ask_truth(const PostgresLook& server, const std::string& database,
                       const char* statement) {
  OSTLER_TRY(const SqlRows rows, server.query(database, statement));
  return !rows.rows.empty() && value(rows.rows.front(), 0) == "t";
}

}  // namespace

Result<std::vector<std::string>> list_tenants(const CellConfig& cell, const Looks& looks) {
  std::vector<std::string> listed = cell.tenants.names;
  if (!cell.tenants.query.empty()) {
    auto rows = looks.postgres(cell.tenants.server).query("", cell.tenants.query);
    if (!rows) return with_context(rows.failure(), "tenants of cell " + cell.name);
    for (const SqlRow& row : rows->rows) listed.push_back(value(row, 0));
  }
  std::vector<std::string> tenants;
  for (std::string& name : listed) {
    if (name.empty())
      return Failure{
          FailureKind::refused,
          fmt::format("the query for the tenants of cell {} gives an empty name", cell.name),
          "Correct tenants.query; its first column holds the databases' names.", ""};
    if (std::find(tenants.begin(), tenants.end(), name) == tenants.end())
      tenants.push_back(std::move(name));
  }
  if (tenants.empty())
    return Failure{FailureKind::refused, fmt::format("cell {} has no tenants", cell.name),
                   "Correct tenants.query or tenants.names of the cell.", ""};
  return tenants;
}

Result<TenantState> look_at_tenant(const PostgresLook& server, const std::string& database) {
  TenantState tenant;
  tenant.database = database;
  auto odoo = ask_truth(server, database, is_odoo);
  if (!odoo) {
    Failure failure = with_context(odoo.failure(), "tenant " + database);
    if (failure.code == "3D000") failure.kind = FailureKind::refused;
    return failure;
  }
  tenant.is_odoo = *odoo;
  if (!tenant.is_odoo) return tenant;
  auto rows = server.query(database, modules);
  if (!rows) return with_context(rows.failure(), "modules of tenant " + database);
  for (const SqlRow& row : rows->rows) {
    const std::string state = value(row, 2);
    if (starts_with(state, "to ")) tenant.transitional.push_back(value(row, 0));
    if (state != "to install") tenant.modules.emplace_back(value(row, 0), value(row, 1));
  }
  OSTLER_TRY(const bool migrated, ask_truth(server, database, has_ledger));
  if (!migrated) return tenant;
  auto applied = server.query(database, ledger);
  if (!applied) return with_context(applied.failure(), "migrations of tenant " + database);
  for (const SqlRow& row : applied->rows)
    tenant.applied_migrations.push_back(value(row, 0) + " " + value(row, 1));
  return tenant;
}

std::vector<Result<TenantState>> look_at_tenants(const PostgresLook& server,
                                                 const std::vector<std::string>& databases) {
  std::vector<Result<TenantState>> states(databases.size(),
                                          Failure{FailureKind::unknown, "not looked at", "", ""});
  side_by_side(databases.size(), databases_at_once, [&](std::size_t index) {
    states[index] = look_at_tenant(server, databases[index]);
  });
  return states;
}

}  // namespace ostler
