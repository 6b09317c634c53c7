// Statements that look at a modelled schema, and at the tables that Odoo keeps about itself.
#include "lab/postgres/modelled_server.hpp"

#include "ostler/base/text.hpp"
#include "ostler/systems/odoo.hpp"

#include <regex>

namespace ostler::lab {
namespace {

bool relation_exists(const ModelledSession& session, const std::string& name) {
  const ModelledCatalog& catalog = session.catalog();
  return catalog.table(name) != nullptr || !catalog.table_with_index(name).empty();
}

using Facts = ModelledCatalog::Facts;

ModelledHandler fact(std::string Facts::*digest) {
  return [digest](ModelledSession& session, const ModelledValues&) -> Result<SqlRows> {
    return answer_value(session.catalog().facts().*digest);
  };
}

ModelledHandler fact(std::vector<std::string> Facts::*list) {
  return [list](ModelledSession& session, const ModelledValues&) -> Result<SqlRows> {
    return answer_column(session.catalog().facts().*list);
  };
}

Result<SqlRows> module_rows(ModelledSession& session, bool version_first) {
  std::vector<SqlRow> rows;
  for (const auto& [name, module] : *session.catalog().modules) {
    if (module.state != "installed" && !starts_with(module.state, "to ")) continue;
    const SqlValue version = module.version.empty() ? SqlValue() : SqlValue(module.version);
    if (version_first)
      rows.push_back({name, version, module.state});
    else
      rows.push_back({name, module.state, version});
  }
  return answer_rows(std::move(rows));
}

Result<SqlRows> count_rows(ModelledSession& session, const std::string& table) {
  OSTLER_CHECK(session.read(table));
  if (!session.catalog().table(table))
    return session.failure("42P01", fmt::format("relation \"{}\" does not exist", table));
  const auto found = session.database().rows.find(table);
  return answer_value(std::to_string(found == session.database().rows.end() ? 0 : found->second));
}

Result<SqlRows> set_states(ModelledSession& session, bool (*from)(const std::string&),
                           const char* to) {
  return answer_done(session.write("ir_module_module", ModelledLock::row,
                                   [&](ModelledCatalog& catalog) -> Result<void> {
                                     for (auto& [name, module] : catalog.modules.edit())
                                       if (from(module.state)) module.state = to;
                                     return {};
                                   }));
}

std::optional<ModelledHandler> module_statement(const std::string& statement) {
  if (starts_with(statement, "SELECT name, state, latest_version FROM ir_module_module"))
    return
        [](ModelledSession& session, const ModelledValues&) { return module_rows(session, false); };
  if (starts_with(statement, "SELECT name, latest_version, state FROM ir_module_module"))
    return
        [](ModelledSession& session, const ModelledValues&) { return module_rows(session, true); };
  if (starts_with(statement, "UPDATE ir_module_module SET state = 'installed'"))
    return [](ModelledSession& session, const ModelledValues&) {
      return set_states(
          session,
          [](const std::string& state) { return state == "to remove" || state == "to upgrade"; },
          "installed");
    };
  if (starts_with(statement, "UPDATE ir_module_module SET state = 'uninstalled'"))
    return [](ModelledSession& session, const ModelledValues&) {
      return set_states(
          session, [](const std::string& state) { return state == "to install"; }, "uninstalled");
    };
  if (starts_with(statement, "SELECT id FROM ir_module_module WHERE name = $1"))
    return [](ModelledSession& session, const ModelledValues& values) -> Result<SqlRows> {
      const auto& modules = *session.catalog().modules;
      const auto found = modules.find(parameter_of(values, 0));
      if (found == modules.end() || found->second.state == "installed") return SqlRows{};
      return answer_value(std::to_string(found->second.id));
    };
  if (starts_with(statement, "DELETE FROM ir_module_module WHERE id = $1"))
    return [](ModelledSession& session, const ModelledValues& values) {
      return answer_done(session.write(
          "ir_module_module", ModelledLock::row, [&](ModelledCatalog& catalog) -> Result<void> {
            auto& modules = catalog.modules.edit();
            for (auto one = modules.begin(); one != modules.end();)
              one = std::to_string(one->second.id) == parameter_of(values, 0) ? modules.erase(one)
                                                                              : std::next(one);
            return {};
          }));
    };
  if (starts_with(statement, "DELETE FROM ir_module_module_dependency") ||
      starts_with(statement, "DELETE FROM ir_model_data WHERE model = 'ir.module.module'"))
    return [](ModelledSession& session, const ModelledValues&) {
      return answer_done(session.write("ir_module_module", ModelledLock::row,
                                       [](ModelledCatalog&) -> Result<void> { return {}; }));
    };
  return std::nullopt;
}

std::optional<ModelledHandler> work_statement(const std::string& statement) {
  if (holds_text(statement, "FROM ir_cron FOR NO KEY UPDATE SKIP LOCKED"))
    return [](ModelledSession& session, const ModelledValues&) -> Result<SqlRows> {
      std::vector<std::string> names;
      for (const auto& [name, application] : session.database().crons) names.push_back(name);
      return answer_column(names);
    };
  if (holds_text(statement, "to_regclass('public.ir_cron') AND l.mode = 'RowShareLock'"))
    return [](ModelledSession& session, const ModelledValues&) -> Result<SqlRows> {
      std::vector<std::string> names;
      for (const auto& [name, application] : session.database().crons) names.push_back(application);
      return answer_column(names);
    };
  if (starts_with(statement, "SELECT uuid FROM queue_job WHERE state = 'started'"))
    return [](ModelledSession& session, const ModelledValues&) -> Result<SqlRows> {
      const auto& jobs = session.database().jobs;
      return answer_column({jobs.begin(), jobs.end()});
    };
  if (holds_text(statement, "t.tgname = 'queue_job_notify'"))
    return [](ModelledSession& session, const ModelledValues&) -> Result<SqlRows> {
      return answer_value(session.catalog().table("queue_job") ? "3" : "0");
    };
  if (statement == "SELECT last_value FROM base_registry_signaling")
    return [](ModelledSession& session, const ModelledValues&) -> Result<SqlRows> {
      return answer_value(std::to_string(session.database().counter));
    };
  if (statement == "SELECT nextval('base_registry_signaling')")
    return [](ModelledSession& session, const ModelledValues&) -> Result<SqlRows> {
      OSTLER_CHECK(session.write("base_registry_signaling", ModelledLock::row,
                                 [&](ModelledCatalog&) -> Result<void> {
                                   ++session.database().counter;
                                   return {};
                                 }));
      return answer_value(std::to_string(session.database().counter));
    };
  return std::nullopt;
}

}  // namespace

std::optional<ModelledHandler> odoo_statement(const std::string& statement) {
  if (auto handler = module_statement(statement)) return handler;
  return work_statement(statement);
}

std::optional<ModelledHandler> schema_look(const std::string& statement) {
  static const std::regex there(R"re(^SELECT to_regclass\('public\.([a-z_]+)'\) IS NOT NULL$)re");
  static const std::regex counting(R"re(^select count\(\*\) from ([a-z_]+)$)re", std::regex::icase);
  std::smatch match;
  if (std::regex_match(statement, match, there))
    return [name = match[1].str()](ModelledSession& session,
                                   const ModelledValues&) -> Result<SqlRows> {
      // Sequences, which no catalog here lists, come with Odoo.
      if (name == "base_registry_signaling") return answer_truth(session.database().odoo);
      return answer_truth(relation_exists(session, name));
    };
  if (statement == "SELECT to_regclass($1) IS NOT NULL")
    return [](ModelledSession& session, const ModelledValues& values) -> Result<SqlRows> {
      return answer_truth(relation_exists(session, relation_name(parameter_of(values, 0))));
    };
  if (starts_with(statement, "SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass($1)"))
    return [](ModelledSession& session, const ModelledValues& values) -> Result<SqlRows> {
      const ModelledTable* table = session.catalog().table(relation_name(parameter_of(values, 0)));
      return answer_value(table && table->columns.contains(parameter_of(values, 1)) ? "1" : "0");
    };
  if (statement == "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)")
    return [](ModelledSession& session, const ModelledValues& values) -> Result<SqlRows> {
      const std::string index = relation_name(parameter_of(values, 0));
      const std::string table = session.catalog().table_with_index(index);
      if (table.empty()) return SqlRows{};
      return answer_truth(session.catalog().table(table)->indexes.at(index).valid);
    };
  if (holds_text(statement, "md5(string_agg(table_name||'.'||column_name"))
    return fact(&Facts::columns);
  if (holds_text(statement, "pg_get_constraintdef(oid)")) return fact(&Facts::constraints);
  if (holds_text(statement, "md5(string_agg(indexdef")) return fact(&Facts::indexes);
  if (starts_with(statement, "SELECT table_name FROM information_schema.tables"))
    return fact(&Facts::tables);
  if (holds_text(statement, "is_nullable = 'NO' AND column_default IS NULL"))
    return fact(&Facts::not_null);
  if (starts_with(statement, "SELECT 'index '||indexrelid::regclass")) return fact(&Facts::invalid);
  if (holds_text(statement, "FROM ir_model_fields f JOIN ir_model m"))
    return fact(&Facts::required_nullable);
  if (statement == "select count(*) from sale_order where state = 'broken'")
    return [](ModelledSession& session, const ModelledValues&) -> Result<SqlRows> {
      OSTLER_CHECK(session.read("sale_order"));
      return answer_value(std::to_string(session.database().broken_orders));
    };
  if (std::regex_match(statement, match, counting))
    return [table = match[1].str()](ModelledSession& session, const ModelledValues&) {
      if (table == "ostler_migration" && session.catalog().table(table))
        return Result<SqlRows>(answer_value(std::to_string(session.catalog().migrations->size())));
      return count_rows(session, table);
    };
  return std::nullopt;
}

}  // namespace ostler::lab
