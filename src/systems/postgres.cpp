// One PostgreSQL server with its replicas: read-only sessions are kept and reused, writing ones
// belong to the caller.
#include "ostler/systems/postgres.hpp"

#include "ostler/base/text.hpp"

#include <list>
#include <mutex>

namespace ostler {

namespace {

/// Sessions kept open at one server; a fleet has hundreds of databases and a server a limit on
/// connections.
constexpr std::size_t idle_limit = 8;

/// Read-only sessions on one server, handed out to one caller at a time.
class LookPool {
 public:
  LookPool(SqlConnector& connector, std::shared_ptr<const Secret> dsn, std::string name)
      : connector_(connector), dsn_(std::move(dsn)), name_(std::move(name)) {}

  Result<SqlRows> query(const std::string& database, const std::string& statement,
                        const std::vector<SqlValue>& parameters) {
    if (std::unique_ptr<SqlSession> kept = take(database)) {
      Result<SqlRows> rows = kept->run(statement, parameters);
      if (rows.ok() || !session_is_lost(rows.failure()))
        return keep(database, std::move(kept), rows);
      // The server may have ended a session that nobody used; looking again harms nothing.
    }
    SqlOptions options;
    options.database = database;
    auto session = connector_.connect(*dsn_, options);
    if (!session.ok()) return with_context(session.failure(), name_);
    Result<SqlRows> rows = (*session)->run(statement, parameters);
    if (!rows.ok() && session_is_lost(rows.failure())) return with_context(rows.failure(), name_);
    return keep(database, std::move(*session), rows);
  }

 private:
  struct Idle {
    std::string database;
    std::unique_ptr<SqlSession> session;
  };

  static bool session_is_lost(const Failure& failure) {
    return failure.kind == FailureKind::unknown || starts_with(failure.code, "08") ||
           starts_with(failure.code, "57P");
  }

  std::unique_ptr<SqlSession> take(const std::string& database) {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(idle_.begin(), idle_.end(), [&database](const Idle& idle) {
      return idle.database == database;
    });
    if (found == idle_.end()) return nullptr;
    std::unique_ptr<SqlSession> session = std::move(found->session);
    idle_.erase(found);
    return session;
  }

  Result<SqlRows> keep(const std::string& database, std::unique_ptr<SqlSession> session,
                       Result<SqlRows> rows) {
    std::unique_ptr<SqlSession> oldest;  // closing takes a round trip: not under the lock
    {
      const std::lock_guard lock(mutex_);
      idle_.push_front({database, std::move(session)});
      if (idle_.size() > idle_limit) {
        oldest = std::move(idle_.back().session);
        idle_.pop_back();
      }
    }
    if (!rows.ok()) return with_context(rows.failure(), name_);
    return rows;
  }

  SqlConnector& connector_;
  std::shared_ptr<const Secret> dsn_;
  std::string name_;
  std::mutex mutex_;
  std::list<Idle> idle_;  ///< most recently used first
};

class PostgresServer final : public Postgres {
 public:
  PostgresServer(PostgresSettings settings, SqlConnector& connector)
      : settings_(std::move(settings)),
        connector_(connector),
        primary_(connector, settings_.dsn, context()) {
    for (std::size_t index = 0; index < settings_.replicas.size(); ++index) {
      replicas_.emplace_back(connector, settings_.replicas[index],
                             fmt::format("{}, replica {}", context(), index + 1));
    }
  }

  Result<SqlRows> query(const std::string& database, const std::string& statement,
                        const std::vector<SqlValue>& parameters) const override {
    return primary_.query(database, statement, parameters);
  }

  Result<SqlRows> query_replica(std::size_t index, const std::string& database,
                                const std::string& statement,
                                const std::vector<SqlValue>& parameters) const override {
    if (index >= replicas_.size()) {
      return Failure{FailureKind::permanent,
                     fmt::format("{} has no replica {}", context(), index + 1), "", ""};
    }
    auto replica = replicas_.begin();
    std::advance(replica, index);
    return replica->query(database, statement, parameters);
  }

  std::size_t replicas() const override { return replicas_.size(); }
  std::string name() const override { return settings_.name; }

  Result<std::unique_ptr<SqlSession>> session(const std::string& database,
                                              const std::string& application_name) override {
    SqlOptions options;
    options.application_name = application_name;
    options.access = SqlAccess::read_write;
    options.database = database;
    auto session = connector_.connect(*settings_.dsn, options);
    if (!session.ok()) return with_context(session.failure(), context());
    return session;
  }

 private:
  std::string context() const { return "server '" + settings_.name + "'"; }

  PostgresSettings settings_;
  SqlConnector& connector_;
  mutable LookPool primary_;
  mutable std::list<LookPool> replicas_;
};

}  // namespace

std::unique_ptr<Postgres> make_postgres(PostgresSettings settings, SqlConnector& connector) {
  return std::make_unique<PostgresServer>(std::move(settings), connector);
}

}  // namespace ostler
