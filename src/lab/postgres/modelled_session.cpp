// Sessions on the modelled server: transactions, locks, and how statements fail.
#include "lab/postgres/modelled_server.hpp"

#include "ostler/base/text.hpp"

namespace ostler::lab {

FailureKind kind_of_code(const std::string& code) {
  if (code == "57014") return FailureKind::timeout;
  if (code == "40001" || code == "40P01" || code == "55P03" || code == "57P03")
    return FailureKind::transient;
  if (code == "57P01" || starts_with(code, "08")) return FailureKind::unknown;
  if (code == "42501") return FailureKind::refused;
  return FailureKind::permanent;
}

SqlRows answer_rows(std::vector<SqlRow> rows) {
  SqlRows answer;
  answer.affected = rows.size();
  if (!rows.empty()) answer.columns.assign(rows.front().size(), "?column?");
  answer.rows = std::move(rows);
  return answer;
}

SqlRows answer_value(std::string value) {
  return answer_rows({{std::move(value)}});
}

SqlRows answer_truth(bool value) {
  return answer_value(value ? "t" : "f");
}

SqlRows answer_column(const std::vector<std::string>& values) {
  std::vector<SqlRow> rows;
  rows.reserve(values.size());
  for (const std::string& value : values) rows.push_back({value});
  return answer_rows(std::move(rows));
}

Result<SqlRows> answer_done(const Result<void>& done) {
  if (!done.ok()) return done.failure();
  return SqlRows{};
}

std::string parameter_of(const ModelledValues& values, std::size_t at) {
  return at < values.size() ? values[at].value_or("") : "";
}

bool holds_text(const std::string& statement, std::string_view part) {
  return statement.find(part) != std::string::npos;
}

const ModelledHandler* handler_of(const std::string& statement) {
  // Handlers know no server, so all servers share them. Only ever looked up.
  thread_local std::unordered_map<std::string, ModelledHandler> known;
  constexpr std::size_t limit = 10'000;
  if (const auto found = known.find(statement); found != known.end()) return &found->second;
  for (const auto room :
       {schema_look, odoo_statement, ledger_statement, activity_statement, definition_statement}) {
    auto handler = room(statement);
    if (!handler) continue;
    if (known.size() >= limit) known.clear();
    return &known.emplace(statement, *std::move(handler)).first->second;
  }
  return nullptr;
}

ModelledSession::ModelledSession(ModelledServer& server, ModelledDatabase& database,
                                 std::string user, const SqlOptions& options, bool replica,
                                 std::string place)
    : server_(server),
      database_(database),
      user_(std::move(user)),
      application_(options.application_name),
      place_(std::move(place)),
      read_only_(options.access == SqlAccess::read_only || replica),
      replica_(replica),
      pid_(++server.last_pid) {
  server_.sessions[pid_] = this;
}

ModelledSession::~ModelledSession() {
  const std::lock_guard lock(server_.mutex);
  terminate();
}

Failure ModelledSession::failure(const std::string& code, const std::string& words) const {
  return {kind_of_code(code), place_ + ": " + words, "", code};
}

void ModelledSession::terminate() {
  if (!alive_) return;
  roll_back();
  for (const auto& [key, times] : advisory_) database_.advisory.erase(key);
  advisory_.clear();
  alive_ = false;
  server_.sessions.erase(pid_);
}

void ModelledSession::begin() {
  if (!began_) began_ = server_.world.now();
}

void ModelledSession::commit() {
  if (draft_) {
    database_.catalog = std::move(*draft_);
    ++database_.version;
    server_.wrote(0x400);
  }
  roll_back();
}

void ModelledSession::roll_back() {
  draft_.reset();
  local_role_.clear();
  began_.reset();
  failed_ = false;
  if (database_.writer != this) return;
  database_.writer = nullptr;
  database_.locks.clear();
  database_.waiting.clear();
}

Result<void> ModelledSession::read(const std::string& table) const {
  if (database_.writer == nullptr || database_.writer == this) return {};
  const auto lock = database_.locks.find(table);
  if (lock == database_.locks.end() || lock->second != ModelledLock::exclusive) return {};
  return failure("55P03", "canceling statement due to lock timeout");
}

Result<void> ModelledSession::write(const std::string& table, ModelledLock lock,
                                    const std::function<Result<void>(ModelledCatalog&)>& effect) {
  if (read_only_)
    return failure("25006", "cannot execute this statement in a read-only transaction");
  // One writer of a database's catalog at a time: nothing here knows how to merge two.
  if (database_.writer != nullptr && database_.writer != this)
    return failure("55P03", "canceling statement due to lock timeout");
  const bool alone = !began_;
  if (!draft_) draft_ = database_.catalog;
  if (auto done = effect(*draft_); !done.ok()) {
    if (alone) roll_back();
    return done;
  }
  if (alone) {
    commit();
    return {};
  }
  database_.writer = this;
  if (database_.locks.empty()) database_.locked = server_.world.now();
  ModelledLock& held = database_.locks.emplace(table, lock).first->second;
  held = std::max(held, lock);
  return {};
}

bool ModelledSession::lock_advisory(std::int64_t key) {
  const auto [holder, fresh] = database_.advisory.emplace(key, pid_);
  if (!fresh && holder->second != pid_) return false;
  ++advisory_[key];
  return true;
}

bool ModelledSession::unlock_advisory(std::int64_t key) {
  const auto found = advisory_.find(key);
  if (found == advisory_.end()) return false;
  if (--found->second == 0) {
    advisory_.erase(found);
    database_.advisory.erase(key);
  }
  return true;
}

void ModelledSession::set(const std::string& statement) {
  constexpr std::string_view role = "SET ROLE ", local = "SET LOCAL ROLE ";
  if (starts_with(statement, local)) local_role_ = statement.substr(local.size());
  if (starts_with(statement, role)) role_ = statement.substr(role.size());
  if (role_ == "NONE") role_.clear();
}

Result<SqlRows> ModelledSession::control(const std::string& statement, bool& known) {
  known = true;
  if (statement == "BEGIN") {
    begin();
    return SqlRows{};
  }
  if (statement == "ROLLBACK") {
    roll_back();
    return SqlRows{};
  }
  if (statement == "COMMIT") {
    const bool failed = failed_;
    if (failed)
      roll_back();
    else
      commit();
    if (failed)
      return failure("25P02",
                     "the transaction was rolled back because a statement in it had failed");
    return SqlRows{};
  }
  if (failed_)
    return failure("25P02",
                   "current transaction is aborted, commands ignored until end of transaction "
                   "block");
  if (starts_with(statement, "SET ")) {
    set(statement);
    return SqlRows{};
  }
  known = false;
  return SqlRows{};
}

Result<SqlRows> ModelledSession::run(const std::string& statement,
                                     const std::vector<SqlValue>& parameters) {
  const std::lock_guard lock(server_.mutex);
  if (!alive_)
    return Failure{FailureKind::transient,
                   place_ +
                       ": the session has ended: terminating connection due to administrator "
                       "command",
                   "", "08003"};
  bool known = false;
  Result<SqlRows> answer = control(statement, known);
  if (known) return answer;
  const ModelledHandler* handler = handler_of(statement);
  if (!handler)
    return Failure{FailureKind::permanent,
                   "the modelled PostgreSQL does not know the statement: " + statement, "", "lab"};
  answer = (*handler)(*this, parameters);
  if (!answer.ok()) {
    if (began_) failed_ = true;
    // What happened before in it is gone, and its locks with it, as soon as something failed.
    if (began_ && draft_) {
      const auto since = began_;
      roll_back();
      began_ = since;
      failed_ = true;
    }
  }
  return answer;
}

}  // namespace ostler::lab
