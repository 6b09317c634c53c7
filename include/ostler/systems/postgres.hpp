#pragma once

#include "ostler/base/result.hpp"
#include "ostler/transport/sql.hpp"

#include <memory>
#include <string>
#include <vector>

namespace ostler {

/// One PostgreSQL server with its replicas, seen read-only.
class PostgresLook {
 public:
  virtual ~PostgresLook() = default;
  /// One statement in a read-only session on `database` (empty: the one of the connection string).
  /// Sessions are kept and reused per database.
  virtual Result<SqlRows> query(const std::string& database, const std::string& statement,
                                const std::vector<SqlValue>& parameters = {}) const = 0;
  /// The same on replica number `index` of the environment's list.
  virtual Result<SqlRows> query_replica(std::size_t index, const std::string& database,
                                        const std::string& statement,
                                        const std::vector<SqlValue>& parameters = {}) const = 0;
  virtual std::size_t replicas() const = 0;
  virtual std::string name() const = 0;  ///< in the environment file
};

class Postgres : public PostgresLook {
 public:
  /// A new session that may write, owned by the caller. `application_name` shows run and step.
  virtual Result<std::unique_ptr<SqlSession>> session(const std::string& database,
                                                      const std::string& application_name) = 0;
};

struct PostgresSettings {
  std::string name;
  std::shared_ptr<const Secret> dsn;
  std::vector<std::shared_ptr<const Secret>> replicas;
};
std::unique_ptr<Postgres> make_postgres(PostgresSettings settings, SqlConnector& connector);

}  // namespace ostler
