// What a tenant's database is to a migration: its lock, its owner, and its schema in a form that
// can be compared.
#include "ostler/systems/tenant.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"

#include <set>

namespace ostler {
namespace {

constexpr const char* try_lock = "SELECT pg_try_advisory_lock($1::bigint)";
constexpr const char* unlock = "SELECT pg_advisory_unlock($1::bigint)";
constexpr const char* own_key = "SELECT hashtextextended('ostler', 0)";

Result<std::string> holder(const Query& query, const std::string& key) {
  OSTLER_TRY(const SqlRows rows, query("SELECT a.pid, a.application_name, a.usename FROM pg_locks "
                                       "l JOIN pg_stat_activity a ON a.pid = l.pid "
                                       "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid "
                                       "= 1 AND l.database = (SELECT oid FROM "
                                       "pg_database WHERE datname = current_database()) AND "
                                       "((l.classid::bigint << 32) | l.objid::bigint) = "
                                       "$1::bigint",
                                       {key}));
  if (rows.rows.empty()) return std::string("somebody who is gone by now");
  const SqlRow& row = rows.rows.front();
  return fmt::format("backend {} ({}, {})", row.at(0).value_or("?"),
                     sanitize(row.at(1).value_or("?")), sanitize(row.at(2).value_or("?")));
}

Json list_of(const std::vector<std::string>& texts) {
  return Json(texts);
}

}  // namespace

Query query_of(const PostgresLook& server, std::string database) {
  return [&server, database = std::move(database)](const std::string& statement,
                                                   const std::vector<SqlValue>& parameters) {
    return server.query(database, statement, parameters);
  };
}

Query query_of(SqlSession& session) {
  return [&session](const std::string& statement, const std::vector<SqlValue>& parameters) {
    return session.run(statement, parameters);
  };
}

Result<std::string> ask_text(const Query& query, const std::string& statement,
                             const std::vector<SqlValue>& parameters) {
  OSTLER_TRY(const SqlRows rows, query(statement, parameters));
  if (rows.rows.empty() || rows.rows.front().empty()) return std::string();
  return rows.rows.front().front().value_or("");
}

Result<bool> ask_truth(const Query& query, const std::string& statement,
                       const std::vector<SqlValue>& parameters) {
  const auto text = ask_text(query, statement, parameters);
  if (!text.ok()) return text.failure();
  return *text == "t";
}

Result<std::vector<std::string>> ask_list(const Query& query, const std::string& statement,
                                          const std::vector<SqlValue>& parameters) {
  OSTLER_TRY(const SqlRows rows, query(statement, parameters));
  std::vector<std::string> list;
  for (const SqlRow& row : rows.rows)
    if (!row.empty()) list.push_back(row.front().value_or(""));
  return list;
}

std::string array_text(const std::vector<std::string>& elements) {
  std::vector<std::string> quoted;
  for (const std::string& element : elements)
    quoted.push_back('"' + replace_all(replace_all(element, "\\", "\\\\"), "\"", "\\\"") + '"');
  return "{" + join(quoted, ",") + "}";
}

std::int64_t click_odoo_lock_key(const std::string& database) {
  const std::string digest = sha1_hex("click-odoo-update/" + database);
  return std::stoll(digest.substr(0, 14), nullptr, 16);
}

Result<std::string> try_lock_tenant(SqlSession& session, const std::string& database) {
  const Query query = query_of(session);
  OSTLER_TRY(const std::string own, ask_text(query, own_key));
  const std::string theirs = std::to_string(click_odoo_lock_key(database));
  OSTLER_TRY(const bool first, ask_truth(query, try_lock, {own}));
  if (!first) return holder(query, own);
  OSTLER_TRY(const bool second, ask_truth(query, try_lock, {theirs}));
  if (second) return std::string();
  OSTLER_TRY(const std::string who, holder(query, theirs));
  OSTLER_TRY(const bool given_back, ask_truth(query, unlock, {own}));
  (void)given_back;
  return "click-odoo-update: " + who;
}

Result<void> unlock_tenant(SqlSession& session, const std::string& database) {
  const Query query = query_of(session);
  OSTLER_TRY(const std::string own, ask_text(query, own_key));
  for (const std::string& key : {std::to_string(click_odoo_lock_key(database)), own}) {
    OSTLER_TRY(const bool done, ask_truth(query, unlock, {key}));
    if (!done)
      return Failure{FailureKind::permanent,
                     fmt::format("database {}: the session did not hold its lock any more, so a "
                                 "connection pooler stands "
                                 "between ostler and PostgreSQL",
                                 database),
                     "Give ostler a direct connection to the server.", "pooler"};
  }
  return {};
}

Result<std::string> become_owner(const Query& query) {
  OSTLER_TRY(const SqlRows rows, query("SELECT quote_ident(r.rolname), r.rolname = current_user, "
                                       "pg_has_role(current_user, r.oid, 'MEMBER') "
                                       "FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba "
                                       "WHERE d.datname = current_database()",
                                       {}));
  if (rows.rows.empty()) return std::string();
  const SqlRow& row = rows.rows.front();
  if (row.at(1) == "t" || row.at(2) != "t") return std::string();
  return "SET LOCAL ROLE " + row.at(0).value_or("");
}

Result<Json> schema_facts(const Query& query) {
  OSTLER_TRY(
      const std::string columns,
      ask_text(
          query,
          "SELECT "
          "md5(string_agg(table_name||'.'||column_name||':'||data_type||':'||is_nullable||':'||"
          "coalesce(column_default,''), ',' ORDER BY table_name, column_name)) FROM "
          "information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE "
          "'ostler\\_%'"));
  OSTLER_TRY(const std::string constraints,
             ask_text(query,
                      "SELECT "
                      "md5(string_agg(conrelid::regclass::text||'.'||conname||':'||pg_get_"
                      "constraintdef(oid)||':'"
                      "||convalidated, ',' ORDER BY conrelid::regclass::text, conname)) FROM "
                      "pg_constraint WHERE "
                      "connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE "
                      "'ostler\\_%'"));
  OSTLER_TRY(const std::string indexes, ask_text(query,
                                                 "SELECT md5(string_agg(indexdef, ',' ORDER BY "
                                                 "indexname)) FROM pg_indexes WHERE schemaname = "
                                                 "'public' AND tablename NOT LIKE 'ostler\\_%'"));
  OSTLER_TRY(const std::vector<std::string> tables,
             ask_list(query,
                      "SELECT table_name FROM information_schema.tables WHERE table_schema = "
                      "'public' AND table_name NOT "
                      "LIKE 'ostler\\_%' ORDER BY 1"));
  OSTLER_TRY(const std::vector<std::string> not_null,
             ask_list(query,
                      "SELECT table_name||'.'||column_name FROM information_schema.columns WHERE "
                      "table_schema = 'public' "
                      "AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO' "
                      "AND is_generated = "
                      "'NEVER' AND table_name NOT LIKE 'ostler\\_%' ORDER BY 1"));
  OSTLER_TRY(const std::vector<std::string> invalid,
             ask_list(query,
                      "SELECT 'index '||indexrelid::regclass FROM pg_index WHERE NOT indisvalid "
                      "UNION ALL SELECT "
                      "'constraint '||conname||' of '||conrelid::regclass FROM pg_constraint WHERE "
                      "NOT convalidated "
                      "ORDER BY 1"));
  return Json{
      {"columns", columns},        {"constraints", constraints},    {"indexes", indexes},
      {"tables", list_of(tables)}, {"not_null", list_of(not_null)}, {"invalid", list_of(invalid)}};
}

bool same_schema(const Json& facts, const Json& other) {
  for (const char* name : {"/columns", "/constraints", "/indexes"})
    if (value_at(facts, name) != value_at(other, name)) return false;
  return true;
}

std::vector<std::string> beyond(const Json& list, const Json& other) {
  std::set<std::string> known;
  if (other.is_array())
    for (const Json& one : other)
      if (one.is_string()) known.insert(one.get<std::string>());
  std::vector<std::string> result;
  if (list.is_array())
    for (const Json& one : list)
      if (one.is_string() && !known.contains(one.get<std::string>()))
        result.push_back(one.get<std::string>());
  return result;
}

std::vector<std::string> new_not_nulls(const Json& before, const Json& now) {
  std::vector<std::string> result;
  const Json& tables = value_at(before, "/tables");
  for (const std::string& column :
       beyond(value_at(now, "/not_null"), value_at(before, "/not_null"))) {
    // Old code does not insert into tables that it does not know.
    const std::string table = column.substr(0, column.rfind('.'));
    if (std::find(tables.begin(), tables.end(), Json(table)) != tables.end())
      result.push_back(column);
  }
  return result;
}

Result<void> relax_not_null(SqlSession& session, const std::string& column) {
  const auto dot = column.rfind('.');
  const Query query = query_of(session);
  OSTLER_TRY(const std::string statement,
             ask_text(query,
                      "SELECT format('ALTER TABLE public.%I ALTER COLUMN %I DROP NOT NULL', "
                      "$1::text, $2::text)",
                      {column.substr(0, dot), column.substr(dot + 1)}));
  OSTLER_TRY(const std::string owner, become_owner(query));
  return in_transaction(session, [&]() -> Result<void> {
    if (!owner.empty()) {
      OSTLER_TRY(const SqlRows became, session.run(owner));
    }
    OSTLER_TRY(const SqlRows limited, session.run("SET LOCAL lock_timeout = '2s'"));
    OSTLER_TRY(const SqlRows relaxed, session.run(statement));
    return {};
  });
}

}  // namespace ostler
