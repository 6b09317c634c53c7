// Connects to PostgreSQL by libpq without blocking longer than the caller allowed, and reads what
// the server says about its errors. libpqxx would hide the SQLSTATE of a refused connection, copy
// the password and wait without a bound.
#include "transport/sql_connection.hpp"

#include "ostler/base/text.hpp"

#include <errno.h>
#include <libpq-events.h>
#include <poll.h>

namespace ostler {

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

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

bool mentions(const std::string& text, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(),
                     [&text](const char* word) { return text.find(word) != std::string::npos; });
}

Failure connect_failure(const SqlAddress& address, PGconn* connection) {
  const PostgresWords words = read_postgres_words(PQerrorMessage(connection));
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

std::string field_of(const PGresult* result, int field, std::size_t limit) {
  const char* text = PQresultErrorField(result, field);
  return text == nullptr ? "" : sanitize(text, Lines::escape, limit);
}

void ignore_notice(void*, const char*) {}

}  // namespace

PostgresWords read_postgres_words(const char* message) {
  PostgresWords words;
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

Result<PostgresConnection> open_postgres(const SqlAddress& address, Milliseconds timeout) {
  std::vector<const char*> keywords, values;
  for (const auto& [keyword, value] : address.keywords()) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
  PostgresConnection connection(PQconnectStartParams(keywords.data(), values.data(), 0));
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

bool PostgresReport::attach(PGconn* connection) {
  return PQregisterEventProc(
             connection,
             [](PGEventId event, void* details, void* report) {
               return on_event(static_cast<int>(event), details, report);
             },
             "ostler", this) != 0;
}

int PostgresReport::on_event(int event, void* details, void* report) {
  auto* self = static_cast<PostgresReport*>(report);
  switch (static_cast<PGEventId>(event)) {
    case PGEVT_RESULTCREATE:
      self->note(static_cast<PGEventResultCreate*>(details)->result);
      return 1;
    case PGEVT_CONNRESET:
      return 0;  // a connection that was made again is a session that lost what was set in it
    default:
      return 1;
  }
}

void PostgresReport::note(PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  copying = status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
  tag = PQcmdStatus(result);
  affected = std::strtoull(PQcmdTuples(result), nullptr, 10);
  const char* code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (code == nullptr || !error.code.empty()) return;
  error.code = code;
  error.kind = sql_failure_kind(error.code);
  error.message = field_of(result, PG_DIAG_MESSAGE_PRIMARY, 1000);
  if (error.message.empty()) error.message = "error";
  const std::string detail = field_of(result, PG_DIAG_MESSAGE_DETAIL, 500);
  if (!detail.empty()) error.message += " (" + detail + ")";
  error.hint = field_of(result, PG_DIAG_MESSAGE_HINT, 500);
}

void PostgresReport::clear() {
  error = Failure{};
  copying = false;
  tag.clear();
  affected = 0;
}

}  // namespace ostler
