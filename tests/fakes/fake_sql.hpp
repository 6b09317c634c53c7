#pragma once

#include "tests/fakes/faults.hpp"

#include "ostler/systems/postgres.hpp"
#include "ostler/transport/sql.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
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

  void on(std::string pattern, Handler handler, std::string database = "");
  /// Always the same rows.
  void on_rows(std::string pattern, std::vector<SqlRow> rows, std::string database = "");

  std::vector<Call> calls() const;
  std::vector<std::string> unexpected() const;
  /// How many statements contained `pattern`.
  int count(std::string_view pattern) const;
  int next_backend();
  Result<SqlRows> run(const Call& call);

 private:
  struct Rule {
    std::string pattern, database;
    Handler handler;
  };

  mutable std::mutex mutex_;
  std::vector<Rule> rules_;
  std::vector<Call> calls_;
  std::vector<std::string> unexpected_;
  int backends_ = 1000;
};

/// A session on a FakeSqlServer.
class FakeSqlSession final : public SqlSession {
 public:
  FakeSqlSession(std::shared_ptr<FakeSqlServer> server, SqlOptions options);
  Result<SqlRows> run(const std::string& statement,
                      const std::vector<SqlValue>& parameters) override;
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
  explicit FakeSqlConnector(
      std::shared_ptr<FakeSqlServer> fake = std::make_shared<FakeSqlServer>());
  Result<std::unique_ptr<SqlSession>> connect(const Secret&, const SqlOptions& options) override;

  std::shared_ptr<FakeSqlServer> server;
  std::vector<SqlOptions> connected;  ///< of every attempt

 private:
  std::mutex mutex_;
};

/// The system PostgreSQL over one FakeSqlServer. Statements for a replica reach the same rules with
/// `replica` set in the call; read-only sessions are not kept apart.
class FakePostgres final : public Postgres {
 public:
  explicit FakePostgres(std::string name = "main", std::size_t replicas = 0);
  Result<SqlRows> query(const std::string& database, const std::string& statement,
                        const std::vector<SqlValue>& parameters) const override;
  Result<SqlRows> query_replica(std::size_t index, const std::string& database,
                                const std::string& statement,
                                const std::vector<SqlValue>& parameters) const override;
  std::size_t replicas() const override { return replicas_; }
  std::string name() const override { return name_; }

  Result<std::unique_ptr<SqlSession>> session(const std::string& database,
                                              const std::string& application_name) override;

  std::shared_ptr<FakeSqlServer> server;

 private:
  std::string name_;
  std::size_t replicas_;
};

}  // namespace ostler
