// Asks a PostgreSQL about a tenant's database.
#include "tests/contract/sql_tenant_view.hpp"

#include "ostler/base/text.hpp"
#include "ostler/systems/tenant.hpp"

#include <catch2/catch.hpp>

namespace ostler {

std::string SqlTenantView::ask(const std::string& statement) {
  const auto answer = ask_text(query_of(server_, database_), statement);
  INFO((answer.ok() ? "" : answer.failure().message));
  REQUIRE(answer.ok());
  return *answer;
}

std::vector<std::string> SqlTenantView::ask_list(const std::string& statement) {
  const std::string all = ask("SELECT coalesce(string_agg(one, ' ' ORDER BY one), '') FROM (" +
                              statement + ") AS found(one)");
  return all.empty() ? std::vector<std::string>{} : split(all, ' ');
}

std::vector<std::string> SqlTenantView::tables() {
  return ask_list(
      "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'");
}

std::vector<std::string> SqlTenantView::columns() {
  return ask_list(
      "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema "
      "= 'public'");
}

std::string SqlTenantView::owner_of(const std::string& table) {
  return ask("SELECT tableowner FROM pg_tables WHERE tablename = '" + table + "'");
}

std::optional<std::string> SqlTenantView::version_of(const std::string& module) {
  const auto found = ask_list(
      "SELECT coalesce(latest_version, '-') FROM ir_module_module WHERE name = '" + module + "'");
  if (found.empty()) return std::nullopt;
  return found.front();
}

std::int64_t SqlTenantView::registry_counter() {
  return std::stoll(ask("SELECT last_value FROM base_registry_signaling"));
}

std::size_t SqlTenantView::rows_of(const std::string& table) {
  return std::stoul(ask("SELECT count(*) FROM " + table));
}

std::size_t SqlTenantView::advisory_locks() {
  return std::stoul(
      ask("SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE locktype "
          "= 'advisory' AND d.datname = current_database()"));
}

std::size_t SqlTenantView::sessions_of(const std::string& application) {
  return std::stoul(ask("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '" +
                        application + "%' AND datname = current_database()"));
}

}  // namespace ostler
