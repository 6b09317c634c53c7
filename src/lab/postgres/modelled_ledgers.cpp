// Statements on the ledgers that ostler keeps in a tenant.
#include "lab/postgres/modelled_server.hpp"

#include "ostler/base/text.hpp"

namespace ostler::lab {
namespace {

constexpr const char* migration_table = "ostler_migration";
constexpr const char* update_table = "ostler_update";

/// Reads when the table is there, and fails in the server's words otherwise.
Result<void> need(const ModelledSession& session, const char* table) {
  if (session.catalog().table(table)) return {};
  return session.failure("42P01", fmt::format("relation \"{}\" does not exist", table));
}

/// A change of a ledger that has to be there.
ModelledHandler change(const char* table,
                       std::function<void(ModelledCatalog&, const ModelledValues&)> effect) {
  return [table, effect = std::move(effect)](ModelledSession& session,
                                             const ModelledValues& values) -> Result<SqlRows> {
    OSTLER_CHECK(need(session, table));
    return answer_done(
        session.write(table, ModelledLock::row, [&](ModelledCatalog& catalog) -> Result<void> {
          effect(catalog, values);
          return {};
        }));
  };
}

Result<SqlRows> applied(ModelledSession& session, const std::string* wanted) {
  OSTLER_CHECK(need(session, migration_table));
  std::vector<SqlRow> rows;
  for (const auto& [version, migration] : *session.catalog().migrations)
    if (!wanted || wanted->find('"' + version + '"') != std::string::npos)
      rows.push_back({version, migration.checksum});
  return answer_rows(std::move(rows));
}

std::optional<ModelledHandler> migration_statement(const std::string& statement) {
  if (starts_with(statement, "SELECT version, checksum FROM ostler_migration WHERE version = ANY"))
    return [](ModelledSession& session, const ModelledValues& values) {
      const std::string wanted = parameter_of(values, 0);
      return applied(session, &wanted);
    };
  if (starts_with(statement, "SELECT version, checksum FROM ostler_migration ORDER BY version"))
    return
        [](ModelledSession& session, const ModelledValues&) { return applied(session, nullptr); };
  if (starts_with(statement, "INSERT INTO ostler_migration"))
    return [](ModelledSession& session, const ModelledValues& values) -> Result<SqlRows> {
      OSTLER_CHECK(need(session, migration_table));
      return answer_done(session.write(
          migration_table, ModelledLock::row, [&](ModelledCatalog& catalog) -> Result<void> {
            if (catalog.migrations->count(parameter_of(values, 0)) > 0)
              return session.failure("23505",
                                     "duplicate key value violates unique constraint "
                                     "\"ostler_migration_pkey\"");
            catalog.migrations.edit()[parameter_of(values, 0)] = {parameter_of(values, 2)};
            return {};
          }));
    };
  if (starts_with(statement, "DELETE FROM ostler_migration WHERE version = $1"))
    return change(migration_table, [](ModelledCatalog& catalog, const ModelledValues& values) {
      catalog.migrations.edit().erase(parameter_of(values, 0));
    });
  return std::nullopt;
}

std::optional<ModelledHandler> update_statement(const std::string& statement) {
  if (statement == "SELECT count(*) > 0 FROM ostler_update WHERE digest = $1")
    return [](ModelledSession& session, const ModelledValues& values) -> Result<SqlRows> {
      OSTLER_CHECK(need(session, update_table));
      return answer_truth(session.catalog().updates->count(parameter_of(values, 0)) > 0);
    };
  if (statement == "SELECT count(*) = 0 FROM ostler_update")
    return [](ModelledSession& session, const ModelledValues&) -> Result<SqlRows> {
      OSTLER_CHECK(need(session, update_table));
      return answer_truth(session.catalog().updates->empty());
    };
  if (starts_with(statement, "INSERT INTO ostler_update"))
    return change(update_table, [](ModelledCatalog& catalog, const ModelledValues& values) {
      catalog.updates.edit().insert(parameter_of(values, 0));
    });
  if (starts_with(statement, "DELETE FROM ostler_update WHERE digest = $1"))
    return change(update_table, [](ModelledCatalog& catalog, const ModelledValues& values) {
      catalog.updates.edit().erase(parameter_of(values, 0));
    });
  return std::nullopt;
}

}  // namespace

std::optional<ModelledHandler> ledger_statement(const std::string& statement) {
  if (auto handler = migration_statement(statement)) return handler;
  return update_statement(statement);
}

}  // namespace ostler::lab
