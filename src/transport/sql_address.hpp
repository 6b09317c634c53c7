#pragma once

#include "ostler/base/result.hpp"
#include "ostler/base/secret.hpp"
#include "ostler/transport/sql.hpp"

#include <string>
#include <utility>
#include <vector>

namespace ostler {

/// What libpq is told to connect, with everything decided that must not be left to environment
/// variables. Holds the password; wiped when it goes.
class SqlAddress {
 public:
  SqlAddress();
  ~SqlAddress();
  SqlAddress(SqlAddress&&) = default;
  SqlAddress& operator=(SqlAddress&&) = default;

  /// Empty when it is not set.
  const std::string& value(std::string_view keyword) const;
  void set(std::string_view keyword, std::string value);
  const std::vector<std::pair<std::string, std::string>>& keywords() const { return keywords_; }

  /// "PostgreSQL at db.example:5432, database 'saas', user 'ostler'", for messages.
  std::string text() const;

 private:
  std::vector<std::pair<std::string, std::string>> keywords_;
};

/// Reads `dsn` and adds what `options` ask for. Refuses connection strings that name no host or a
/// service, and those that weaken TLS for a host that is neither a loopback address nor a socket.
/// Messages never quote the string.
Result<SqlAddress> read_sql_address(const Secret& dsn, const SqlOptions& options);

/// A loopback address, "localhost" or a folder with a server's socket: nothing of the traffic
/// leaves the machine.
bool is_local_host(std::string_view host);

/// The kind of failure that a SQLSTATE means for a statement.
FailureKind sql_failure_kind(std::string_view sqlstate);

}  // namespace ostler
