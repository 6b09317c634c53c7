#pragma once

#include "tests/fakes/faults.hpp"

#include "ostler/systems/postgres.hpp"
#include "ostler/transport/sql.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace ostler {

/// What a fake PostgreSQL server answers, and what it was asked. Shared by all sessions on it; safe
/// for several threads.
///
/// A rule answers every statement that contains its pattern (as text; `database` empty: in any
/// database). Of several rules the one added last wins, so that a test can override its fixture. A
/// statement without a rule fails as `permanent` and is kept in `unexpected`. BEGIN, COMMIT,
/// ROLLBACK and SET succeed without a rule. Faults match the statement's text: `before` leaves the
/// world alone, `after` runs the rule and loses the answer.
class FakeSqlServer {
 public:
  struct Call {
    std::string database;
    std::string statement;
    std::vector<SqlValue> parameters;
    SqlAccess access = SqlAccess::read_only;
    std::string application_name;
    int replica = -1;  ///< number of the replica asked, -1: the primary
  };
  using Handler = std::function<Result<SqlRows>(const Call&)>;

  Faults faults;

  void on(std::string pattern, Handler handler, std::string database = "") {
    const std::lock_guard lock(mutex_);
    rules_.push_back({std::move(pattern), std::move(database), std::move(handler)});
  }
  /// Always the same rows.
  void on_rows(std::string pattern, std::vector<SqlRow> rows, std::string database = "") {
    SqlRows answer;
    answer.affected = rows.size();
    answer.rows = std::move(rows);
    on(
        std::move(pattern), [answer](const Call&) -> Result<SqlRows> { return answer; },
        std::move(database));
  }

  std::vector<Call> calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  std::vector<std::string> unexpected() const {
    const std::lock_guard lock(mutex_);
    return unexpected_;
  }
  /// How many statements contained `pattern`.
  int count(std::string_view pattern) const {
    const std::lock_guard lock(mutex_);
    int found = 0;
    for (const Call& call : calls_) found += call.statement.find(pattern) != std::string::npos;
    return found;
  }
  int next_backend() {
    const std::lock_guard lock(mutex_);
    return ++backends_;
  }

  Result<SqlRows> run(const Call& call) {
    Handler handler;
    {
      const std::lock_guard lock(mutex_);
      calls_.push_back(call);
      for (const Rule& rule : rules_) {
        if (call.statement.find(rule.pattern) == std::string::npos) continue;
        if (!rule.database.empty() && rule.database != call.database) continue;
        handler = rule.handler;
      }
      if (!handler && !is_plain(call.statement)) {
        unexpected_.push_back(call.statement);
        return Failure{FailureKind::permanent, "no rule for the statement: " + call.statement, "",
                       "fake"};
      }
    }
    if (auto failure = faults.take(Faults::When::before, call.statement)) return *failure;
    Result<SqlRows> answer = handler ? handler(call) : Result<SqlRows>(SqlRows{});
    if (auto failure = faults.take(Faults::When::after, call.statement)) return *failure;
    return answer;
  }

 private:
  struct Rule {
    std::string pattern, database;
    Handler handler;
  };
  static bool is_plain(const std::string& statement) {
    for (const char* word :
         {"BEGIN", "COMMIT", "ROLLBACK", "SET ", "begin", "commit", "rollback", "set "}) {
      if (statement.rfind(word, 0) == 0) return true;
    }
    return false;
  }

  mutable std::mutex mutex_;
  std::vector<Rule> rules_;
  std::vector<Call> calls_;
  std::vector<std::string> unexpected_;
  int backends_ = 1000;
};

/// A session on a FakeSqlServer.
class FakeSqlSession final : public SqlSession {
 public:
  FakeSqlSession(std::shared_ptr<FakeSqlServer> server, SqlOptions options)
      : server_(std::move(server)), options_(std::move(options)), pid_(server_->next_backend()) {}
  Result<SqlRows> run(const std::string& statement,
                      const std::vector<SqlValue>& parameters) override {
    return server_->run(
        {options_.database, statement, parameters, options_.access, options_.application_name, -1});
  }
  int backend_pid() const override { return pid_; }

 private:
  std::shared_ptr<FakeSqlServer> server_;
  SqlOptions options_;
  int pid_;
};

/// Connects to one FakeSqlServer, whatever the connection string says. Faults with the pattern
/// "connect" or "connect DATABASE" make connecting fail.
class FakeSqlConnector final : public SqlConnector {
 public:
  explicit FakeSqlConnector(std::shared_ptr<FakeSqlServer> fake = std::make_shared<FakeSqlServer>())
      : server(std::move(fake)) {}
  Result<std::unique_ptr<SqlSession>> connect(const Secret&, const SqlOptions& options) override {
    const std::lock_guard lock(mutex_);
    connected.push_back(options);
    if (auto failure = server->faults.take(Faults::When::before, "connect " + options.database)) {
      return *failure;
    }
    return std::unique_ptr<SqlSession>(std::make_unique<FakeSqlSession>(server, options));
  }

  std::shared_ptr<FakeSqlServer> server;
  std::vector<SqlOptions> connected;  ///< of every attempt

 private:
  std::mutex mutex_;
};

/// The system PostgreSQL over one FakeSqlServer. Statements for a replica reach the same rules with
/// `replica` set in the call; read-only sessions are not kept apart.
class FakePostgres final : public Postgres {
 public:
  explicit FakePostgres(std::string name = "main", std::size_t replicas = 0)
      : server(std::make_shared<FakeSqlServer>()), name_(std::move(name)), replicas_(replicas) {}

  Result<SqlRows> query(const std::string& database, const std::string& statement,
                        const std::vector<SqlValue>& parameters) const override {
    return server->run({database, statement, parameters, SqlAccess::read_only, "ostler", -1});
  }
  Result<SqlRows> query_replica(std::size_t index, const std::string& database,
                                const std::string& statement,
                                const std::vector<SqlValue>& parameters) const override {
    return server->run(
        {database, statement, parameters, SqlAccess::read_only, "ostler", static_cast<int>(index)});
  }
  std::size_t replicas() const override { return replicas_; }
  std::string name() const override { return name_; }

  Result<std::unique_ptr<SqlSession>> session(const std::string& database,
                                              const std::string& application_name) override {
    if (auto failure = server->faults.take(Faults::When::before, "connect " + database)) {
      return *failure;
    }
    SqlOptions options;
    options.database = database;
    options.application_name = application_name;
    options.access = SqlAccess::read_write;
    return std::unique_ptr<SqlSession>(std::make_unique<FakeSqlSession>(server, options));
  }

  std::shared_ptr<FakeSqlServer> server;

 private:
  std::string name_;
  std::size_t replicas_;
};

}  // namespace ostler
