// What a tenant's tables say about Odoo: module versions, work in flight, and the counter by which
// workers notice a change.
#include "ostler/base/text.hpp"
#include "ostler/systems/odoo.hpp"

namespace ostler {
namespace {

constexpr const char* has_crons = "SELECT to_regclass('public.ir_cron') IS NOT NULL";
constexpr const char* has_jobs = "SELECT to_regclass('public.queue_job') IS NOT NULL";
/// From Odoo 19 on, since sequences do not go through logical replication.
constexpr const char* has_signal_table =
    "SELECT to_regclass('public.orm_signaling_registry') IS NOT NULL";
constexpr const char* has_signal_sequence =
    "SELECT to_regclass('public.base_registry_signaling') IS NOT NULL";

std::string counted(const std::vector<std::string>& list, const std::string& what) {
  if (list.empty()) return "";
  std::vector<std::string> shown(
      list.begin(),
      list.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(list.size(), 3)));
  return fmt::format("{} {} ({}{})", list.size(), what, sanitize(join(shown, ", ")),
                     list.size() > 3 ? ", ..." : "");
}

}  // namespace

Result<std::string> locked_crons(SqlSession& session) {
  const Query query = query_of(session);
  OSTLER_TRY(const bool there, ask_truth(query, has_crons));
  if (!there) return std::string();
  std::vector<std::string> crons;
  // The free rows stay locked until the end of the transaction, and cron workers skip them
  // meanwhile: it ends at once.
  OSTLER_TRY(const SqlRows begun, session.run("BEGIN"));
  const auto seen = ask_list(
      query,
      "WITH free AS MATERIALIZED (SELECT id FROM ir_cron FOR NO KEY UPDATE SKIP LOCKED) SELECT "
      "cron_name FROM ir_cron WHERE id NOT IN (SELECT id FROM free)");
  OSTLER_TRY(const SqlRows ended, session.run("ROLLBACK"));
  if (!seen.ok()) return seen.failure();
  return counted(*seen, "crons running");
}

Result<std::string> cron_lock_holders(const PostgresLook& server, const std::string& database) {
  const Query query = query_of(server, database);
  OSTLER_TRY(const bool there, ask_truth(query, has_crons));
  if (!there) return std::string();
  OSTLER_TRY(const std::vector<std::string> holders,
             ask_list(query,
                      "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a ON a.pid "
                      "= l.pid WHERE "
                      "l.relation = to_regclass('public.ir_cron') AND l.mode = 'RowShareLock' AND "
                      "l.granted AND l.pid <> "
                      "pg_backend_pid()"));
  return counted(holders, "backends hold crons");
}

Result<std::string> started_jobs(const PostgresLook& server, const std::string& database) {
  const Query query = query_of(server, database);
  OSTLER_TRY(const bool there, ask_truth(query, has_jobs));
  if (!there) return std::string();
  OSTLER_TRY(const std::vector<std::string> jobs,
             ask_list(query, "SELECT uuid FROM queue_job WHERE state = 'started' ORDER BY 1"));
  return counted(jobs, "jobs started");
}

Result<std::int64_t> registry_counter(const Query& query) {
  OSTLER_TRY(const bool table, ask_truth(query, has_signal_table));
  if (table) {
    OSTLER_TRY(const std::string newest,
               ask_text(query, "SELECT coalesce(max(id), 0) FROM orm_signaling_registry"));
    return static_cast<std::int64_t>(std::atoll(newest.c_str()));
  }
  OSTLER_TRY(const bool sequence, ask_truth(query, has_signal_sequence));
  if (!sequence) return std::int64_t{0};
  OSTLER_TRY(const std::string last,
             ask_text(query, "SELECT last_value FROM base_registry_signaling"));
  return static_cast<std::int64_t>(std::atoll(last.c_str()));
}

Result<void> raise_registry_counter(SqlSession& session) {
  const Query query = query_of(session);
  OSTLER_TRY(const bool table, ask_truth(query, has_signal_table));
  if (table) {
    OSTLER_TRY(const SqlRows added,
               session.run("INSERT INTO orm_signaling_registry DEFAULT VALUES"));
    return {};
  }
  OSTLER_TRY(const bool sequence, ask_truth(query, has_signal_sequence));
  if (!sequence) return {};
  OSTLER_TRY(const std::string next, ask_text(query, "SELECT nextval('base_registry_signaling')"));
  return {};
}

Result<void> reset_transitional(SqlSession& session) {
  return in_transaction(session, [&]() -> Result<void> {
    OSTLER_TRY(const SqlRows kept, session.run("UPDATE ir_module_module SET state = 'installed' "
                                               "WHERE state IN ('to remove', 'to upgrade')"));
    OSTLER_TRY(const SqlRows left,
               session.run(
                   "UPDATE ir_module_module SET state = 'uninstalled' WHERE state = 'to install'"));
    return {};
  });
}

Result<Json> tenant_facts(const Query& query) {
  OSTLER_TRY(const bool odoo,
             ask_truth(query, "SELECT to_regclass('public.ir_module_module') IS NOT NULL"));
  if (!odoo) return Json{{"odoo", false}};
  Json facts{{"odoo", true}, {"versions", Json::object()}, {"transitional", Json::array()}};
  OSTLER_TRY(const SqlRows modules,
             query("SELECT name, state, latest_version FROM ir_module_module WHERE state = "
                   "'installed' OR state LIKE 'to %' "
                   "ORDER BY name",
                   {}));
  for (const SqlRow& row : modules.rows) {
    const std::string name = row.at(0).value_or(""), state = row.at(1).value_or("");
    if (state == "installed")
      facts["versions"][name] = row.at(2).value_or("");
    else
      facts["transitional"].push_back(name + " " + state);
  }
  OSTLER_TRY(facts["counter"], registry_counter(query));
  // A SET NOT NULL that failed leaves a required field whose column is still nullable.
  OSTLER_TRY(facts["required_nullable"],
             ask_list(query,
                      "SELECT c.table_name||'.'||c.column_name FROM ir_model_fields f JOIN "
                      "ir_model m ON m.id = f.model_id "
                      "JOIN pg_class t ON t.oid = to_regclass('public.' || "
                      "quote_ident(replace(m.model, '.', '_'))) AND "
                      "t.relkind IN ('r','p') JOIN information_schema.columns c ON c.table_schema "
                      "= 'public' AND "
                      "c.table_name = t.relname AND c.column_name = f.name WHERE f.required AND "
                      "f.store AND c.is_nullable "
                      "= 'YES' ORDER BY 1"));
  OSTLER_TRY(facts["schema"], schema_facts(query));
  OSTLER_TRY(const bool ledger,
             ask_truth(query, "SELECT to_regclass('public.ostler_update') IS NOT NULL"));
  facts["ledger"] = ledger;
  return facts;
}

Result<std::int64_t> queue_triggers(const Query& query) {
  OSTLER_TRY(const bool there, ask_truth(query, has_jobs));
  if (!there) return std::int64_t{3};
  OSTLER_TRY(const std::string count, ask_text(query,
                                               "SELECT count(*) FROM pg_trigger t, LATERAL (VALUES "
                                               "(4), (8), (16)) AS event(bit) WHERE t.tgrelid = "
                                               "to_regclass('public.queue_job') AND t.tgname = "
                                               "'queue_job_notify' AND t.tgtype & event.bit <> 0"));
  return static_cast<std::int64_t>(std::atoll(count.c_str()));
}

Result<void> forget_guard_module(SqlSession& session) {
  const Query query = query_of(session);
  OSTLER_TRY(
      const std::string id,
      ask_text(query, "SELECT id FROM ir_module_module WHERE name = $1 AND state <> 'installed'",
               {guard_module}));
  if (id.empty()) return {};
  return in_transaction(session, [&]() -> Result<void> {
    OSTLER_TRY(const SqlRows limited, session.run("SET LOCAL lock_timeout = '2s'"));
    OSTLER_TRY(
        const SqlRows needs,
        session.run("DELETE FROM ir_module_module_dependency WHERE module_id = $1::int", {id}));
    OSTLER_TRY(
        const SqlRows names,
        session.run(
            "DELETE FROM ir_model_data WHERE model = 'ir.module.module' AND res_id = $1::int",
            {id}));
    OSTLER_TRY(const SqlRows module,
               session.run("DELETE FROM ir_module_module WHERE id = $1::int", {id}));
    return {};
  });
}

Result<std::vector<Blocking>> blocking_backends(const Query& query,
                                                const std::string& application_prefix) {
  OSTLER_TRY(const SqlRows rows,
             query("SELECT a.pid, count(*), coalesce(max(extract(epoch FROM clock_timestamp() - "
                   "l.waitstart)), 0) FROM "
                   "pg_locks l CROSS JOIN LATERAL unnest(pg_blocking_pids(l.pid)) AS b(pid) JOIN "
                   "pg_stat_activity a ON "
                   "a.pid = b.pid WHERE NOT l.granted AND starts_with(a.application_name, $1) AND "
                   "a.datname = "
                   "current_database() GROUP BY a.pid",
                   {application_prefix}));
  std::vector<Blocking> found;
  for (const SqlRow& row : rows.rows)
    found.push_back({row.at(0).value_or(""), std::atof(row.at(2).value_or("0").c_str()),
                     std::atoi(row.at(1).value_or("0").c_str())});
  return found;
}

Result<void> cancel_backend(const Query& query, const std::string& pid) {
  OSTLER_TRY(const std::string done, ask_text(query, "SELECT pg_cancel_backend($1::int)", {pid}));
  return {};
}

Result<int> terminate_backends(const Query& query, const std::string& application_prefix) {
  OSTLER_TRY(const std::vector<std::string> ended,
             ask_list(query,
                      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                      "starts_with(application_name, $1) AND "
                      "datname = current_database()",
                      {application_prefix}));
  return static_cast<int>(ended.size());
}

}  // namespace ostler
