#pragma once

#include "transport/sql_address.hpp"

#include "ostler/base/clock.hpp"
#include "ostler/base/result.hpp"

#include <libpq-fe.h>

#include <memory>
#include <string>

namespace ostler {

struct ClosePostgres {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using PostgresConnection = std::unique_ptr<PGconn, ClosePostgres>;

/// Connects within `timeout`. A refusal carries the server's SQLSTATE.
Result<PostgresConnection> open_postgres(const SqlAddress& address, Milliseconds timeout);

/// The server's or libpq's own words about what went wrong, split into code and text: "connection
/// to server at ... failed: FATAL:  28P01: password ...\nLOCATION: ...".
struct PostgresWords {
  std::string code;  ///< empty without one
  std::string text;  ///< sanitized
};
PostgresWords read_postgres_words(const char* message);

/// What the server reported about the statement that ran last on a connection. libpqxx passes on
/// neither every SQLSTATE, nor a message without its decoration, nor a command's tag, so libpq's
/// results are looked at when they are made. Has to outlive the connection.
class PostgresReport {
 public:
  PostgresReport() = default;
  PostgresReport(const PostgresReport&) = delete;
  PostgresReport& operator=(const PostgresReport&) = delete;

  /// Listens to `connection` from now on; false: no memory.
  bool attach(PGconn* connection);
  /// Forgets what the last statement left.
  void clear();

  /// The server's first error; `code` is empty when it reported none.
  Failure error;
  /// The statement moves data by COPY, which nobody here does.
  bool copying = false;
  std::string tag;  ///< of the command, "INSERT 0 5"
  std::uint64_t affected = 0;

 private:
  void note(PGresult* result);
  static int on_event(int event, void* details, void* report);
};

}  // namespace ostler
