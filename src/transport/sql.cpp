// Sessions on PostgreSQL by libpq, without blocking longer than the caller allowed. libpq and not a
// wrapper around it: the SQLSTATE of a refused connection, a password that is wiped and a bounded
// result need its own calls.
#include "ostler/transport/sql.hpp"

#include "transport/sql_address.hpp"

#include "ostler/base/text.hpp"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <string.h>

#include <cctype>

namespace ostler {

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t result_limit = 64u << 20;
/// A server cancels a statement itself at its timeout; this much later we stop believing that it
/// will.
constexpr Milliseconds answer_grace{5000};

struct CloseConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Connection = std::unique_ptr<PGconn, CloseConnection>;
using ResultPointer = std::unique_ptr<PGresult, ClearResult>;

enum class Ready { yes, late };

/// Waits until the connection's socket can be read or written, whichever is asked for.
Ready wait_for(PGconn* connection, short events, std::optional<SteadyTime> deadline) {
  while (true) {
    int timeout = -1;
    if (deadline) {
      const auto left =
          std::chrono::ceil<Milliseconds>(*deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0) return Ready::late;
      timeout = static_cast<int>(std::min<std::int64_t>(left.count(), 60000));
    }
    pollfd descriptor{PQsocket(connection), events, 0};
    const int ready = poll(&descriptor, 1, timeout);
    if (ready > 0 || (ready < 0 && errno != EINTR)) return Ready::yes;
  }
}

/// The server's or libpq's own words: "connection to server at ... failed: FATAL:  28P01: password
/// ...\nLOCATION: ...", split into code and text.
struct Words {
  std::string code;
  std::string text;
};

Words read_words(const char* message) {
  Words words;
  std::string text = message == nullptr ? "" : message;
  if (const auto location = text.find("\nLOCATION:"); location != std::string::npos) {
    text.resize(location);
  }
  // "SEVERITY:  CODE: TEXT", where the severity may be translated.
  const auto mark = text.find(":  ");
  if (mark != std::string::npos && text.size() > mark + 10 && text.substr(mark + 8, 2) == ": ") {
    const std::string code = text.substr(mark + 3, 5);
    if (std::all_of(code.begin(), code.end(),
                    [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); })) {
      words.code = code;
      words.text = text.substr(mark + 10);
    }
  }
  if (words.code.empty()) words.text = text;
  words.text = sanitize(trim(words.text), Lines::escape, 1000);
  return words;
}

bool mentions(const std::string& text, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(),
                     [&text](const char* word) { return text.find(word) != std::string::npos; });
}

Failure connect_failure(const SqlAddress& address, PGconn* connection) {
  const Words words = read_words(PQerrorMessage(connection));
  Failure failure{FailureKind::transient, address.text() + ": " + words.text, "", words.code};
  if (!words.code.empty()) {
    failure.kind = sql_failure_kind(words.code);
    if (failure.kind == FailureKind::unknown) failure.kind = FailureKind::transient;
    if (words.code == "28P01") failure.hint = "Check the user and the password of this server.";
    if (words.code == "3D000") failure.hint = "Check the database's name.";
    if (words.code == "53300") failure.hint = "Free connections on the server, or try again later.";
    return failure;
  }
  if (mentions(words.text, {"channel binding"})) {
    failure.kind = FailureKind::refused;
    failure.hint =
        "Give the role a SCRAM password, or write channel_binding=prefer into the connection "
        "string.";
  } else if (mentions(words.text, {"no password supplied", "authentication"})) {
    failure.kind = FailureKind::refused;
    failure.hint = "Write the password into the connection string that the environment refers to.";
  } else if (mentions(words.text, {"certificate", "does not support SSL", "SSL error"})) {
    failure.kind = FailureKind::permanent;
    failure.hint =
        "Give the server a certificate for this host name, and its authority as sslrootcert=FILE.";
  }
  return failure;
}

class LibpqSession final : public SqlSession {
 public:
  LibpqSession(Connection connection, std::string place, Milliseconds statement_timeout)
      : connection_(std::move(connection)),
        place_(std::move(place)),
        statement_timeout_(statement_timeout),
        backend_pid_(PQbackendPID(connection_.get())) {}

  Result<SqlRows> run(const std::string& statement,
                      const std::vector<SqlValue>& parameters) override;
  int backend_pid() const override { return backend_pid_; }

 private:
  Failure failure(FailureKind kind, std::string message, std::string code = "") const {
    return {kind, place_ + ": " + std::move(message), "", std::move(code)};
  }
  bool still_connected();
  Result<void> send(const std::string& statement, const std::vector<SqlValue>& parameters);
  Result<ResultPointer> next_result(std::optional<SteadyTime> deadline);
  Failure statement_failure(const PGresult* result) const;
  void cancel_and_close();

  Connection connection_;
  std::string place_;
  Milliseconds statement_timeout_;
  int backend_pid_;
};

bool LibpqSession::still_connected() {
  if (!connection_ || PQstatus(connection_.get()) != CONNECTION_OK) return false;
  // A server that ended the session meanwhile has said so; then nothing needs to be sent to find
  // out. Its last words come before the end of the stream, so one reading is not enough.
  pollfd descriptor{PQsocket(connection_.get()), POLLIN, 0};
  for (int round = 0; round < 16 && poll(&descriptor, 1, 0) > 0; ++round) {
    if (PQconsumeInput(connection_.get()) == 0) return false;
  }
  return PQstatus(connection_.get()) == CONNECTION_OK;
}

Result<void> LibpqSession::send(const std::string& statement,
                                const std::vector<SqlValue>& parameters) {
  std::vector<const char*> values;
  for (const SqlValue& value : parameters) {
    if (value && value->find('\0') != std::string::npos) {
      return failure(FailureKind::permanent, "a parameter holds a zero byte", "22021");
    }
    values.push_back(value ? value->c_str() : nullptr);
  }
  if (PQsendQueryParams(connection_.get(), statement.c_str(), static_cast<int>(values.size()),
                        nullptr, values.data(), nullptr, nullptr, 0) == 0) {
    const Words words = read_words(PQerrorMessage(connection_.get()));
    const bool broken = PQstatus(connection_.get()) != CONNECTION_OK;
    return failure(broken ? FailureKind::unknown : FailureKind::permanent,
                   "the statement cannot be sent: " + words.text, broken ? "08006" : "");
  }
  PQsetSingleRowMode(connection_.get());
  return {};
}

/// The next result, or a null pointer behind the last one.
Result<ResultPointer> LibpqSession::next_result(std::optional<SteadyTime> deadline) {
  while (PQisBusy(connection_.get()) != 0) {
    if (wait_for(connection_.get(), POLLIN, deadline) == Ready::late) {
      cancel_and_close();
      return failure(
          FailureKind::unknown,
          fmt::format("no answer within {}", format_duration(statement_timeout_ + answer_grace)));
    }
    if (PQconsumeInput(connection_.get()) == 0) break;
  }
  return ResultPointer(PQgetResult(connection_.get()));
}

Failure LibpqSession::statement_failure(const PGresult* result) const {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (state == nullptr) {
    return failure(FailureKind::unknown,
                   "the connection broke while a statement ran: " +
                       read_words(PQresultErrorMessage(result)).text,
                   "08006");
  }
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const char* detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
  const char* hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
  std::string message = primary == nullptr ? "error" : sanitize(primary, Lines::escape, 1000);
  if (detail != nullptr) message += " (" + sanitize(detail, Lines::escape, 500) + ")";
  Failure found = failure(sql_failure_kind(state), std::move(message), state);
  if (hint != nullptr) found.hint = sanitize(hint, Lines::escape, 500);
  return found;
}

void LibpqSession::cancel_and_close() {
  if (PGcancel* cancel = PQgetCancel(connection_.get())) {
    char ignored[256];
    PQcancel(cancel, ignored, sizeof ignored);
    PQfreeCancel(cancel);
  }
  connection_.reset();
}

void append_rows(const PGresult* result, SqlRows& rows, std::size_t& bytes) {
  const int columns = PQnfields(result);
  if (rows.columns.empty()) {
    for (int column = 0; column < columns; ++column) {
      rows.columns.emplace_back(PQfname(result, column));
    }
  }
  for (int row = 0; row < PQntuples(result); ++row) {
    SqlRow values;
    values.reserve(static_cast<std::size_t>(columns));
    for (int column = 0; column < columns; ++column) {
      if (PQgetisnull(result, row, column) != 0) {
        values.emplace_back(std::nullopt);
        continue;
      }
      const auto length = static_cast<std::size_t>(PQgetlength(result, row, column));
      values.emplace_back(std::string(PQgetvalue(result, row, column), length));
      bytes += length;
    }
    bytes += sizeof(SqlRow) + values.size() * sizeof(SqlValue);
    rows.rows.push_back(std::move(values));
  }
}

/// COMMIT in a transaction that had failed before answers ROLLBACK and no error.
bool silently_rolled_back(const std::string& statement, const char* tag) {
  std::string word = trim(statement).substr(0, 6);
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::string_view(tag) == "ROLLBACK" && (word == "commit" || starts_with(word, "end"));
}

Result<SqlRows> LibpqSession::run(const std::string& statement,
                                  const std::vector<SqlValue>& parameters) {
  if (!still_connected()) {
    std::string why = connection_ ? read_words(PQerrorMessage(connection_.get())).text : "";
    return failure(FailureKind::transient,
                   "the session has ended" + (why.empty() ? "" : ": " + why), "08003");
  }
  OSTLER_CHECK(send(statement, parameters));
  std::optional<SteadyTime> deadline;
  if (statement_timeout_.count() > 0) {
    deadline = std::chrono::steady_clock::now() + statement_timeout_ + answer_grace;
  }
  SqlRows rows;
  std::size_t bytes = 0;
  std::optional<Failure> trouble;
  while (true) {
    OSTLER_TRY(const ResultPointer result, next_result(deadline));
    if (!result) break;
    switch (PQresultStatus(result.get())) {
      case PGRES_SINGLE_TUPLE:
      case PGRES_TUPLES_OK:
      case PGRES_COMMAND_OK:
      case PGRES_EMPTY_QUERY:
        append_rows(result.get(), rows, bytes);
        if (const char* affected = PQcmdTuples(result.get()); *affected != '\0') {
          rows.affected = std::strtoull(affected, nullptr, 10);
        }
        if (silently_rolled_back(statement, PQcmdStatus(result.get()))) {
          trouble = failure(FailureKind::permanent,
                            "the transaction was rolled back because a statement in it had failed",
                            "25P02");
        }
        break;
      case PGRES_COPY_IN:
      case PGRES_COPY_OUT:
      case PGRES_COPY_BOTH:
        cancel_and_close();
        return failure(FailureKind::permanent, "COPY to or from the client is not supported",
                       "0A000");
      default:
        trouble = statement_failure(result.get());
    }
    if (bytes > result_limit) {
      cancel_and_close();
      return failure(FailureKind::permanent,
                     "the answer is longer than " + format_bytes(result_limit));
    }
  }
  if (trouble) return *trouble;
  return rows;
}

void ignore_notice(void*, const char*) {}

class LibpqConnector final : public SqlConnector {
 public:
  Result<std::unique_ptr<SqlSession>> connect(const Secret& dsn,
                                              const SqlOptions& options) override;

 private:
  Result<Connection> open(const SqlAddress& address, Milliseconds timeout) const;
};

Result<Connection> LibpqConnector::open(const SqlAddress& address, Milliseconds timeout) const {
  std::vector<const char*> keywords, values;
  for (const auto& [keyword, value] : address.keywords()) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
  Connection connection(PQconnectStartParams(keywords.data(), values.data(), 0));
  if (!connection) {
    return Failure{FailureKind::transient, address.text() + ": no memory for a connection", "", ""};
  }
  PQsetNoticeProcessor(connection.get(), ignore_notice, nullptr);
  // Only so does the message of a refused connection carry its SQLSTATE.
  PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  while (PQstatus(connection.get()) != CONNECTION_BAD && next != PGRES_POLLING_OK) {
    const short events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (wait_for(connection.get(), events, deadline) == Ready::late) {
      return Failure{
          FailureKind::transient,
          fmt::format("{}: no answer within {}", address.text(), format_duration(timeout)),
          "Check that the server runs and that the network lets the connection through.", ""};
    }
    next = PQconnectPoll(connection.get());
    if (next == PGRES_POLLING_FAILED) break;
  }
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    return connect_failure(address, connection.get());
  }
  PQsetErrorVerbosity(connection.get(), PQERRORS_DEFAULT);
  return connection;
}

Result<std::unique_ptr<SqlSession>> LibpqConnector::connect(const Secret& dsn,
                                                            const SqlOptions& options) {
  OSTLER_TRY(const SqlAddress address, read_sql_address(dsn, options));
  OSTLER_TRY(Connection connection, open(address, options.connect_timeout));
  auto session = std::make_unique<LibpqSession>(std::move(connection), address.text(),
                                                options.statement_timeout);
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
  return std::make_unique<LibpqConnector>();
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
