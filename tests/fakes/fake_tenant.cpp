// How one tenant's database in memory answers the statements of steps.
#include "tests/fakes/fake_tenant.hpp"

#include "ostler/base/hash.hpp"

#include <string_view>
#include <utility>

namespace ostler {

namespace {

SqlRows rows(std::vector<SqlRow> list) {
  SqlRows answer;
  answer.affected = list.size();
  answer.rows = std::move(list);
  return answer;
}

SqlRows truth(bool value) {
  return rows({{value ? "t" : "f"}});
}

template <typename List>
SqlRows column(const List& list) {
  std::vector<SqlRow> result;
  for (const std::string& text : list) result.push_back({text});
  return rows(std::move(result));
}

}  // namespace

Json FakeTenant::State::to_json() const {
  return {{"tables", tables},
          {"columns", columns},
          {"not_null", not_null},
          {"indexes", indexes},
          {"invalid_indexes", invalid_indexes},
          {"versions", versions},
          {"transit", transit},
          {"ledger", ledger},
          {"update_ledger", update_ledger},
          {"guard_row", guard_row},
          {"migrations", migrations},
          {"updates", updates},
          {"counter", counter}};
}

FakeTenant::FakeTenant(FakeSqlServer& server) {
  server.on("", [this](const FakeSqlServer::Call& call) { return answer(call); });
}

void FakeTenant::fail(int write, Moment moment, Failure failure) {
  planned_ = {write, moment, std::move(failure)};
}

Result<SqlRows> FakeTenant::write(const std::function<void()>& effect) {
  const int number = writes++;
  if (planned_.write == number && planned_.moment == Moment::before) return broken();
  effect();
  if (planned_.write == number && planned_.moment == Moment::after) return broken();
  return SqlRows{};
}

Failure FakeTenant::broken() {
  if (saved_) state = *saved_;
  saved_.reset();
  return planned_.failure;
}

std::vector<std::string> FakeTenant::once(std::vector<std::string>& work) {
  std::vector<std::string> now = work;
  if (work_ends) work.clear();
  return now;
}

Result<SqlRows> FakeTenant::answer(const FakeSqlServer::Call& call) {
  const std::string& sql = call.statement;
  const auto has = [&](const char* part) { return sql.find(part) != std::string::npos; };
  const auto parameter = [&](std::size_t index) { return call.parameters.at(index).value_or(""); };
  if (sql == "BEGIN") {
    if (saved_) state = *saved_;
    saved_ = state;
    return SqlRows{};
  }
  if (sql == "ROLLBACK") {
    if (saved_) state = *saved_;
    saved_.reset();
    return SqlRows{};
  }
  if (sql == "COMMIT") return write([&] { saved_.reset(); });
  if (sql.rfind("SET ", 0) == 0) return SqlRows{};
  if (has("pg_try_advisory_lock")) {
    if (locked_by.empty()) ++held_locks;
    return truth(locked_by.empty());
  }
  if (has("pg_advisory_unlock")) return truth(--held_locks >= 0);
  if (has("hashtextextended")) return rows({{"4711"}});
  if (has("locktype = 'advisory'")) return rows({{"99", locked_by, "odoo"}});
  if (has("FROM pg_database d JOIN pg_roles")) return rows({{"odoo", "f", "t"}});
  if (has("to_regclass('public.ostler_migration')")) return truth(state.ledger);
  if (has("to_regclass('public.ostler_update')")) return truth(state.update_ledger);
  if (has("to_regclass('public.orm_signaling_registry')")) return truth(false);
  if (has("SELECT to_regclass('public.")) return truth(true);
  if (has("to_regclass($1) IS NOT NULL")) return truth(known(parameter(0)));
  if (has("nextval('base_registry_signaling')")) return write([&] { ++state.counter; });
  if (has("FROM base_registry_signaling")) return rows({{std::to_string(state.counter)}});
  if (has("SELECT name, state, latest_version")) {
    std::vector<SqlRow> list;
    for (const auto& [name, version] : state.versions)
      list.push_back(
          {name, state.transit.count(name) ? state.transit.at(name) : "installed", version});
    return rows(std::move(list));
  }
  if (has("pg_locks l JOIN pg_stat_activity")) return column(running_crons);
  if (has("SKIP LOCKED")) return column(once(running_crons));
  if (has("FROM queue_job")) return column(once(started_jobs));
  if (has("pg_blocking_pids")) return rows(std::exchange(blocking, {}));
  if (has("pg_cancel_backend")) {
    cancelled.push_back(parameter(0));
    return truth(true);
  }
  if (has("pg_terminate_backend")) {
    terminated.push_back(parameter(0));
    return rows({});
  }
  if (has("queue_job_notify")) return rows({{"3"}});
  if (has("FROM ir_model_fields")) return rows({});
  if (has("is_nullable||")) return rows({{fingerprint()}});
  if (has("pg_get_constraintdef") || has("indexdef")) return rows({{"same"}});
  if (has("information_schema.tables")) return column(state.tables);
  if (has("is_nullable = 'NO'")) return column(state.not_null);
  if (has("NOT convalidated")) return column(state.invalid_indexes);
  if (has("indisvalid FROM pg_index")) {
    if (state.invalid_indexes.count(parameter(0))) return truth(false);
    if (state.indexes.count(parameter(0))) return truth(true);
    return rows({});
  }
  if (has("FROM pg_attribute"))
    return rows({{state.columns.count(parameter(0) + "." + parameter(1)) ? "1" : "0"}});
  return ledgers(call);
}

Result<SqlRows> FakeTenant::ledgers(const FakeSqlServer::Call& call) {
  const std::string& sql = call.statement;
  const auto has = [&](const char* part) { return sql.find(part) != std::string::npos; };
  const auto parameter = [&](std::size_t index) { return call.parameters.at(index).value_or(""); };
  if (has("SELECT version, checksum FROM ostler_migration")) {
    std::vector<SqlRow> list;
    for (const auto& [version, checksum] : state.migrations)
      if (parameter(0).find("\"" + version + "\"") != std::string::npos)
        list.push_back({version, checksum});
    return rows(std::move(list));
  }
  if (has("CREATE TABLE IF NOT EXISTS ostler_migration"))
    return write([&] { state.ledger = true; });
  if (has("INSERT INTO ostler_migration"))
    return write([&] { state.migrations[parameter(0)] = parameter(2); });
  if (has("DELETE FROM ostler_migration"))
    return write([&] { state.migrations.erase(parameter(0)); });
  if (has("count(*) FROM ostler_migration"))
    return rows({{std::to_string(state.migrations.size())}});
  if (has("DROP TABLE ostler_migration")) return write([&] { state.ledger = false; });
  if (has("count(*) > 0 FROM ostler_update")) return truth(state.updates.count(parameter(0)) > 0);
  if (has("CREATE TABLE IF NOT EXISTS ostler_update"))
    return write([&] { state.update_ledger = true; });
  if (has("INSERT INTO ostler_update")) return write([&] { state.updates.insert(parameter(0)); });
  if (has("DELETE FROM ostler_update")) return write([&] { state.updates.erase(parameter(0)); });
  if (has("count(*) = 0 FROM ostler_update")) return truth(state.updates.empty());
  if (has("DROP TABLE ostler_update")) return write([&] { state.update_ledger = false; });
  if (has("SELECT id FROM ir_module_module")) return state.guard_row ? rows({{"42"}}) : rows({});
  if (has("DELETE FROM ir_module_module WHERE id")) return write([&] { state.guard_row = false; });
  if (has("DELETE FROM ir_m")) return write([] {});
  if (has("SET state = 'installed'")) return write([&] { state.transit.clear(); });
  if (has("SET state = 'uninstalled'")) return write([] {});
  return ddl(call);
}

Result<SqlRows> FakeTenant::ddl(const FakeSqlServer::Call& call) {
  const std::string& sql = call.statement;
  const auto has = [&](const char* part) { return sql.find(part) != std::string::npos; };
  const auto word_after = [&](const char* part) {
    const auto at = sql.find(part) + std::string_view(part).size();
    return sql.substr(at, sql.find_first_of(" ;(", at) - at);
  };
  if (has("SELECT format(")) {
    const std::string table = call.parameters.at(0).value_or(""),
                      name = call.parameters.at(1).value_or("");
    return rows({{"ALTER TABLE public." + table + " ALTER COLUMN " + name + " DROP NOT NULL"}});
  }
  if (lock_timeouts > 0 && (has("ALTER TABLE") || has("INDEX"))) {
    --lock_timeouts;
    return Failure{FailureKind::transient, "canceling statement due to lock timeout", "", "55P03"};
  }
  if (has("DROP NOT NULL"))
    return write(
        [&] { state.not_null.erase(word_after("public.") + "." + word_after("ALTER COLUMN ")); });
  if (has("ADD COLUMN "))
    return write([&] {
      state.columns.insert(word_after("ALTER TABLE ") + "." + word_after("ADD COLUMN "));
    });
  if (has("DROP COLUMN "))
    return write([&] {
      state.columns.erase(word_after("ALTER TABLE ") + "." + word_after("DROP COLUMN "));
    });
  if (has("CREATE INDEX CONCURRENTLY "))
    return write([&] { state.indexes.insert(word_after("CREATE INDEX CONCURRENTLY ")); });
  if (has("DROP INDEX CONCURRENTLY "))
    return write([&] {
      state.indexes.erase(word_after("DROP INDEX CONCURRENTLY "));
      state.invalid_indexes.erase(word_after("DROP INDEX CONCURRENTLY "));
    });
  surprises.push_back(sql);
  return Failure{FailureKind::permanent, "the fake tenant does not know: " + sql, "", "fake"};
}

bool FakeTenant::known(const std::string& relation) const {
  return state.tables.count(relation) > 0 || state.indexes.count(relation) > 0;
}

std::string FakeTenant::fingerprint() const {
  return sha1_hex(Json{{"c", state.columns}, {"n", state.not_null}}.dump());
}

}  // namespace ostler
