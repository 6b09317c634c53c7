// What a rehearsal asks of tenants' databases: to have what migrations need, and to be compared.
#include "rehearsal_schema.hpp"

#include "ostler/base/text.hpp"
#include "ostler/model/survey.hpp"

#include <regex>

namespace ostler {
namespace {

/// At most so many things are made up for one statement.
constexpr int most_additions = 40;

SqlOptions writing() {
  SqlOptions options;
  options.application_name = "ostler-rehearse";
  options.access = SqlAccess::read_write;
  return options;
}

std::string quoted(const std::string& name) {
  return '"' + replace_all(name, "\"", "\"\"") + '"';
}

/// What the server says is missing, and the statement that makes it.
struct Addition {
  std::string words, statement;
};

std::optional<Addition> addition_for(const Failure& failure) {
  static const std::regex table(R"re(relation "([^"]+)" does not exist)re");
  static const std::regex column(R"re(column "([^"]+)" of relation "([^"]+)" does not exist)re");
  std::smatch match;
  const std::string& message = failure.message;
  if (std::regex_search(message, match, column))
    return Addition{
        fmt::format("column {}.{}", match[2].str(), match[1].str()),
        fmt::format("ALTER TABLE {} ADD COLUMN {} text", quoted(match[2]), quoted(match[1]))};
  if (std::regex_search(message, match, table))
    return Addition{
        fmt::format("table {}", match[1].str()),
        fmt::format("CREATE TABLE {} (id serial PRIMARY KEY, create_uid integer, create_date "
                    "timestamp, write_uid integer, write_date timestamp, name varchar, active "
                    "boolean, state varchar, company_id integer, partner_id integer)",
                    quoted(match[1]))};
  return std::nullopt;
}

/// A column that a statement names without saying of which table: of the one that it changes.
std::optional<Addition> loose_column(const Failure& failure, const std::string& statement) {
  static const std::regex column(R"re(column "([^"]+)" does not exist)re");
  static const std::regex table(R"re(\bON\s+(?:ONLY\s+)?"?([A-Za-z_][\w]*)"?)re",
                                std::regex::icase);
  std::smatch missing, on;
  if (!std::regex_search(failure.message, missing, column) ||
      !std::regex_search(statement, on, table))
    return std::nullopt;
  return Addition{
      fmt::format("column {}.{}", on[1].str(), missing[1].str()),
      fmt::format("ALTER TABLE {} ADD COLUMN {} text", quoted(on[1]), quoted(missing[1]))};
}

/// Tries the statement in the open transaction, making up what it misses.
Result<void> try_statement(SqlSession& session, const std::string& text,
                           std::vector<Addition>& additions) {
  // Inside a transaction an index cannot be built concurrently; what it needs is the same.
  static const std::regex concurrently(R"re(\s+CONCURRENTLY\b)re", std::regex::icase);
  const std::string statement = std::regex_replace(text, concurrently, "");
  const auto run = [&session](const std::string& one) -> Result<void> {
    OSTLER_TRY(const SqlRows done, session.run(one));
    return {};
  };
  for (int tries = 0; tries < most_additions; ++tries) {
    OSTLER_CHECK(run("SAVEPOINT trial"));
    const Result<void> done = run(statement);
    if (done) return run("RELEASE SAVEPOINT trial");
    OSTLER_CHECK(run("ROLLBACK TO SAVEPOINT trial"));
    auto addition = addition_for(done.failure());
    if (!addition) addition = loose_column(done.failure(), statement);
    // Whatever else is wrong with it shows in its step.
    if (!addition) return {};
    if (!run(addition->statement)) return run("ROLLBACK TO SAVEPOINT trial");
    additions.push_back(std::move(*addition));
  }
  return {};
}

Result<std::vector<Addition>> missing_for(SqlSession& session,
                                          const std::vector<MigrationFile>& migrations) {
  std::vector<Addition> additions;
  OSTLER_TRY(const SqlRows begun, session.run("BEGIN"));
  for (const MigrationFile& file : migrations)
    for (const Statement& statement : read_statements(file.text))
      OSTLER_CHECK(try_statement(session, statement.text, additions));
  OSTLER_TRY(const SqlRows ended, session.run("ROLLBACK"));
  return additions;
}

constexpr const char* schema_lines =
    "SELECT 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, "
    "a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END FROM pg_attribute a JOIN "
    "pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'public'::regnamespace AND c.relkind "
    "IN ('r', 'p', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped AND c.relname NOT LIKE "
    "'ostler\\_%' "
    "UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public' AND "
    "tablename NOT LIKE 'ostler\\_%' "
    "UNION ALL SELECT 'constraint ' || c.relname || ' ' || k.conname || ' ' || "
    "pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE "
    "c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'ostler\\_%' ORDER BY 1";
constexpr const char* module_lines =
    "SELECT name || ' ' || state || ' ' || coalesce(latest_version, '') FROM ir_module_module "
    "WHERE "
    "state NOT IN ('uninstalled', 'uninstallable') ORDER BY 1";
constexpr const char* has_ledger = "SELECT to_regclass('public.ostler_migration') IS NOT NULL";
constexpr const char* ledger_lines =
    "SELECT version || ' ' || checksum FROM ostler_migration ORDER BY 1";

Result<Json> lines_of(SqlSession& session, const char* statement) {
  OSTLER_TRY(const SqlRows rows, session.run(statement));
  Json lines = Json::array();
  for (const SqlRow& row : rows.rows) lines.push_back(row.at(0).value_or(""));
  return lines;
}

}  // namespace

Result<std::vector<std::string>> prepare_template(SqlConnector& connector, const Secret& dsn,
                                                  const std::vector<MigrationFile>& migrations,
                                                  const std::vector<std::string>& modules) {
  std::vector<std::string> words;
  OSTLER_TRY(const auto session, connector.connect(dsn, writing()));
  for (const std::string& module : modules) {
    OSTLER_TRY(const SqlRows installed,
               session->run("INSERT INTO ir_module_module (name, shortdesc, state, latest_version) "
                            "VALUES ($1, $1, 'installed', '18.0.1.0')",
                            {module}));
    words.push_back(fmt::format("module {} is an empty one of that name", module));
  }
  OSTLER_TRY(const std::vector<Addition> additions, missing_for(*session, migrations));
  for (const Addition& addition : additions) {
    OSTLER_TRY(const SqlRows made, session->run(addition.statement));
    words.push_back(fmt::format("{} is an empty one of that name", addition.words));
  }
  return words;
}

Result<void> add_schema_picture(SqlConnector& connector, const Secret& dsn,
                                const std::string& place, lab::Picture& picture) {
  OSTLER_TRY(const auto session, connector.connect(dsn, {}));
  OSTLER_TRY(picture["schema " + place], lines_of(*session, schema_lines));
  OSTLER_TRY(picture["database " + place], lines_of(*session, module_lines));
  OSTLER_TRY(const SqlRows ledger, session->run(has_ledger));
  Json& entries = picture["ledger " + place];
  entries = Json::array();
  if (ledger.rows.at(0).at(0) == "t") {
    OSTLER_TRY(entries, lines_of(*session, ledger_lines));
  }
  return {};
}

}  // namespace ostler
