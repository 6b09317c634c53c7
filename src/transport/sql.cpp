// Sessions on PostgreSQL: libpqxx runs the statements on a connection that we made, which is never
// made again behind our back, and no statement waits longer than the server lets it run.
#include "ostler/transport/sql.hpp"

#include "transport/sql_address.hpp"
#include "transport/sql_connection.hpp"
#include "transport/sql_watch.hpp"

#include "ostler/base/text.hpp"

#include <poll.h>

#include <pqxx/connection_base>
#include <pqxx/connectionpolicy>
#include <pqxx/nontransaction>
#include <pqxx/result>

namespace ostler {

namespace {

constexpr std::size_t result_limit = 64u << 20;
/// More than a result of that size takes on the wire, encryption included.
constexpr std::uint64_t wire_limit = result_limit + result_limit / 16;
/// A server cancels a statement itself at its timeout; this much later we stop believing that it
/// will.
constexpr Milliseconds answer_grace{5000};

/// Hands one open connection to libpqxx, and never a second one: what a session has set, locked or
/// begun would be gone without a word.
class OneConnection final : public pqxx::connectionpolicy {
 public:
  // No options: they would be copies of the password.
  explicit OneConnection(PostgresConnection connection)
      : connectionpolicy(std::string()), connection_(std::move(connection)) {}
  handle do_startconnect(handle open) override {
    return open != nullptr ? open : connection_.release();
  }

 private:
  PostgresConnection connection_;
};

/// What libpqxx's own connection classes do, for a policy that is not made from a string.
class PolicyConnection final : public pqxx::connection_base {
 public:
  explicit PolicyConnection(pqxx::connectionpolicy& policy) : connection_base(policy) {
    try {
      init();
    } catch (...) {
      close();
      throw;
    }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    inhibit_reactivation(true);
#pragma GCC diagnostic pop
  }
  ~PolicyConnection() {
    close();
  }
};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

/// COMMIT in a transaction that had failed before answers ROLLBACK and no error.
bool silently_rolled_back(const std::string& statement, std::string_view tag) {
  const std::string word = lower(trim(statement).substr(0, 6));
  return tag == "ROLLBACK" && (word == "commit" || starts_with(word, "end"));
}

/// Nothing when the rows are longer than the limit.
std::optional<SqlRows> copy_rows(const pqxx::result& answer) {
  SqlRows rows;
  std::size_t bytes = 0;
  const auto columns = answer.columns();
  for (pqxx::row::size_type column = 0; column < columns; ++column) {
    rows.columns.emplace_back(answer.column_name(column));
  }
  rows.rows.reserve(answer.size());
  for (const pqxx::row& row : answer) {
    SqlRow values;
    values.reserve(columns);
    for (const pqxx::field& field : row) {
      values.push_back(field.is_null() ? SqlValue() : std::string(field.c_str(), field.size()));
      bytes += field.size();
    }
    bytes += sizeof(SqlRow) + values.size() * sizeof(SqlValue);
    if (bytes > result_limit) return std::nullopt;
    rows.rows.push_back(std::move(values));
  }
  return rows;
}

class PostgresSession final : public SqlSession {
 public:
  PostgresSession(PostgresConnection connection, std::string place, Milliseconds statement_timeout)
      : place_(std::move(place)),
        patience_(statement_timeout),
        handle_(connection.get()),
        policy_(std::move(connection)) {}

  /// Makes the connection libpqxx's; before anything else.
  Result<void> begin();

  Result<SqlRows> run(const std::string& statement,
                      const std::vector<SqlValue>& parameters) override;
  int backend_pid() const override { return backend_pid_; }

 private:
  Failure failure(FailureKind kind, std::string message, std::string code = "") const {
    return {kind, place_ + ": " + std::move(message), "", std::move(code)};
  }
  Result<void> check_connected();
  Result<SqlRows> execute(const std::string& statement, const std::vector<const char*>& values);
  Result<SqlRows> read(const std::string& statement, const pqxx::result& answer);
  Failure why_failed(SocketWatch::Verdict verdict, const std::exception& error);
  void follow_timeout(const std::string& statement);
  void close();

  std::string place_;
  Milliseconds patience_;  ///< how long the server lets a statement run; 0: for ever
  bool patience_is_local_ = false;
  int backend_pid_ = 0;
  PostgresReport report_;
  PGconn* handle_;  ///< libpqxx's
  OneConnection policy_;
  std::optional<PolicyConnection> connection_;
  // Begins and commits nothing by itself, so BEGIN and COMMIT can be statements like others.
  std::optional<pqxx::nontransaction> statements_;
};

Result<void> PostgresSession::begin() {
  backend_pid_ = PQbackendPID(handle_);
  if (!report_.attach(handle_)) return failure(FailureKind::transient, "no memory for a session");
  try {
    connection_.emplace(policy_);
    statements_.emplace(*connection_);
  } catch (const std::exception& error) {
    close();
    return failure(FailureKind::permanent, "this server cannot be used: " +
                                               sanitize(trim(error.what()), Lines::escape, 1000));
  }
  return {};
}

void PostgresSession::close() {
  // Without a cancel request: the server gives up at its own timeout, and asking for it waits on a
  // server that no longer answers.
  statements_.reset();
  connection_.reset();
  handle_ = nullptr;
}

Result<void> PostgresSession::check_connected() {
  std::string why;
  if (connection_) {
    try {
      // A server that ended the session meanwhile has said so; then nothing needs to be sent to
      // find out. Its last words and the end are read one by one when they were encrypted.
      pollfd descriptor{connection_->sock(), POLLIN, 0};
      for (int round = 0; round < 16 && poll(&descriptor, 1, 0) > 0; ++round) {
        connection_->get_notifs();
      }
      if (connection_->is_open()) return {};
    } catch (const std::exception&) {
    }
    why = read_postgres_words(PQerrorMessage(handle_)).text;
  }
  return failure(FailureKind::transient, "the session has ended" + (why.empty() ? "" : ": " + why),
                 "08003");
}

Failure PostgresSession::why_failed(SocketWatch::Verdict verdict, const std::exception& error) {
  if (!report_.error.code.empty()) {
    Failure found = report_.error;
    found.message = place_ + ": " + found.message;
    return found;
  }
  if (verdict == SocketWatch::Verdict::too_long) {
    return failure(FailureKind::permanent,
                   "the answer is longer than " + format_bytes(result_limit));
  }
  if (verdict == SocketWatch::Verdict::late) {
    return failure(FailureKind::unknown,
                   fmt::format("no answer within {}", format_duration(patience_ + answer_grace)));
  }
  const bool broken = dynamic_cast<const pqxx::broken_connection*>(&error) != nullptr ||
                      dynamic_cast<const pqxx::in_doubt_error*>(&error) != nullptr ||
                      !connection_->is_open();
  const std::string words = read_postgres_words(PQerrorMessage(handle_)).text;
  if (broken) {
    return failure(FailureKind::unknown, "the connection broke while a statement ran: " + words,
                   "08006");
  }
  return failure(FailureKind::permanent,
                 "the statement cannot be sent: " +
                     (words.empty() ? sanitize(trim(error.what()), Lines::escape, 1000) : words));
}

Result<SqlRows> PostgresSession::read(const std::string& statement, const pqxx::result& answer) {
  if (report_.copying) {
    close();
    return failure(FailureKind::permanent, "COPY to or from the client is not supported", "0A000");
  }
  if (silently_rolled_back(statement, report_.tag)) {
    return failure(FailureKind::permanent,
                   "the transaction was rolled back because a statement in it had failed", "25P02");
  }
  std::optional<SqlRows> rows = copy_rows(answer);
  if (!rows) {
    close();
    return failure(FailureKind::permanent,
                   "the answer is longer than " + format_bytes(result_limit));
  }
  rows->affected = report_.affected;
  return std::move(*rows);
}

Result<SqlRows> PostgresSession::execute(const std::string& statement,
                                         const std::vector<const char*>& values) {
  std::optional<SocketWatch::Time> deadline;
  if (patience_.count() > 0) {
    deadline = std::chrono::steady_clock::now() + patience_ + answer_grace;
  }
  auto watch = SocketWatch::start(connection_->sock(), deadline, wire_limit);
  if (!watch.ok()) return with_context(watch.failure(), place_);
  report_.clear();
  try {
    // With parameters or without, this is the form that takes one statement and not several.
    const pqxx::result answer =
        statements_->exec_params(statement, pqxx::prepare::make_dynamic_params(values));
    (*watch)->stop();
    return read(statement, answer);
  } catch (const std::exception& error) {
    return why_failed((*watch)->stop(), error);
  }
}

/// Callers change the server's statement_timeout for a while; our patience has to follow, or we
/// would hang up on statements that may take long.
void PostgresSession::follow_timeout(const std::string& statement) {
  const bool idle = PQtransactionStatus(handle_) == PQTRANS_IDLE;
  const bool named = lower(statement).find("statement_timeout") != std::string::npos;
  if (!named && !(patience_is_local_ && idle)) return;
  const auto rows =
      execute("SELECT setting FROM pg_catalog.pg_settings WHERE name = 'statement_timeout'", {});
  if (!rows.ok() || rows->rows.size() != 1 || !rows->rows[0][0]) return;
  patience_ = Milliseconds(std::strtoll(rows->rows[0][0]->c_str(), nullptr, 10));
  patience_is_local_ = !idle;
}

Result<SqlRows> PostgresSession::run(const std::string& statement,
                                     const std::vector<SqlValue>& parameters) {
  OSTLER_CHECK(check_connected());
  std::vector<const char*> values;
  for (const SqlValue& value : parameters) {
    if (value && value->find('\0') != std::string::npos) {
      return failure(FailureKind::permanent, "a parameter holds a zero byte", "22021");
    }
    values.push_back(value ? value->c_str() : nullptr);
  }
  Result<SqlRows> rows = execute(statement, values);
  if (rows.ok()) {
    follow_timeout(statement);
  } else if (connection_ && !connection_->is_open()) {
    close();
  }
  return rows;
}

class PostgresConnector final : public SqlConnector {
 public:
  Result<std::unique_ptr<SqlSession>> connect(const Secret& dsn,
                                              const SqlOptions& options) override;
};

Result<std::unique_ptr<SqlSession>> PostgresConnector::connect(const Secret& dsn,
                                                               const SqlOptions& options) {
  OSTLER_TRY(const SqlAddress address, read_sql_address(dsn, options));
  OSTLER_TRY(PostgresConnection connection, open_postgres(address, options.connect_timeout));
  auto session = std::make_unique<PostgresSession>(std::move(connection), address.text(),
                                                   options.statement_timeout);
  OSTLER_CHECK(session->begin());
  if (options.access == SqlAccess::read_only) {
    // A pooler may drop start-up options, and then a look could write.
    OSTLER_TRY(const SqlRows rows, session->run("SHOW default_transaction_read_only", {}));
    if (rows.rows.empty() || rows.rows[0].empty() || rows.rows[0][0] != "on") {
      return Failure{FailureKind::refused,
                     address.text() + ": the session is not read-only as it was asked to be",
                     "Connect to the server itself, not through a pooler.", ""};
    }
  }
  return std::unique_ptr<SqlSession>(std::move(session));
}

}  // namespace

std::unique_ptr<SqlConnector> make_sql_connector() {
  return std::make_unique<PostgresConnector>();
}

Result<void> in_transaction(SqlSession& session, const std::function<Result<void>()>& body) {
  auto begun = session.run("BEGIN");
  if (!begun.ok()) return begun.failure();
  if (auto done = body(); !done.ok()) {
    // What it answers changes nothing: a session that cannot roll back is a broken one, and the
    // server then does it.
    (void)session.run("ROLLBACK");
    return done;
  }
  auto committed = session.run("COMMIT");
  if (!committed.ok()) return committed.failure();
  return {};
}

}  // namespace ostler
