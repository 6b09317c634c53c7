#pragma once

#include "ostler/base/clock.hpp"
#include "ostler/base/result.hpp"
#include "ostler/base/secret.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ostler {

/// Rows as text, as the server prints them; a NULL is nothing.
using SqlValue = std::optional<std::string>;
using SqlRow = std::vector<SqlValue>;
struct SqlRows {
  std::vector<std::string> columns;
  std::vector<SqlRow> rows;
  std::uint64_t affected = 0;
};

enum class SqlAccess { read_only, read_write };

struct SqlOptions {
  std::string application_name = "ostler";
  SqlAccess access =
      SqlAccess::read_only;  ///< read_only sets default_transaction_read_only for the session
  Milliseconds connect_timeout{5000};
  Milliseconds statement_timeout{10000};  ///< 0: none
  Milliseconds lock_timeout{2000};        ///< 0: none
  std::string database;  ///< instead of the one in the connection string; empty: that one
};

/// One session on one server, direct (never through a pooler that swaps backends). Not for several
/// threads at once. A failure carries the SQLSTATE as `code`; its kind: transient for 08xxx before
/// the statement was sent, 53xxx, 57P03, 40001, 40P01, 55P03; unknown when the connection broke
/// while a statement ran; timeout for 57014; refused for 28xxx and 42501; permanent otherwise.
class SqlSession {
 public:
  virtual ~SqlSession() = default;
  /// One statement with `$1`-style parameters. Values are never part of the text. Waits a little
  /// longer than the server's statement_timeout, also when a statement changed it. A session that
  /// ended stays ended.
  virtual Result<SqlRows> run(const std::string& statement,
                              const std::vector<SqlValue>& parameters = {}) = 0;
  /// The backend's process id, to recognise a swapped connection and to end this session from
  /// another one.
  virtual int backend_pid() const = 0;
};

class SqlConnector {
 public:
  virtual ~SqlConnector() = default;
  /// `dsn` is a libpq URL or key/value string; TLS is verified in full unless the host is a
  /// loopback address or socket.
  virtual Result<std::unique_ptr<SqlSession>> connect(const Secret& dsn,
                                                      const SqlOptions& options) = 0;
};

/// The real one, on libpqxx.
std::unique_ptr<SqlConnector> make_sql_connector();

/// Runs `body` between BEGIN and COMMIT on `session`, with ROLLBACK when it fails. A failure of
/// COMMIT itself whose outcome is not known is `unknown`.
Result<void> in_transaction(SqlSession& session, const std::function<Result<void>()>& body);

}  // namespace ostler
