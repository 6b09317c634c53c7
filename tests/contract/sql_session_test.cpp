// PostgreSQL sessions on real servers, and on one that breaks as the test wants.
#include "tests/contract/database_servers.hpp"
#include "tests/contract/loopback.hpp"

#include "ostler/transport/sql.hpp"

#include <catch2/catch.hpp>
#include <sys/resource.h>

using namespace ostler;

namespace {

std::unique_ptr<SqlSession> open(const std::string& dsn, SqlOptions options = {}) {
  auto session = make_sql_connector()->connect(Secret(std::string(dsn)), options);
  INFO((session.ok() ? "" : session.failure().message));
  REQUIRE(session.ok());
  return std::move(*session);
}

SqlOptions writing(const std::string& application_name = "ostler contract") {
  SqlOptions options;
  options.access = SqlAccess::read_write;
  options.application_name = application_name;
  return options;
}

SqlRows rows_of(SqlSession& session, const std::string& statement,
                const std::vector<SqlValue>& parameters = {}) {
  const auto rows = session.run(statement, parameters);
  INFO((rows.ok() ? "" : rows.failure().message));
  REQUIRE(rows.ok());
  return *rows;
}

Failure failure_of(SqlSession& session, const std::string& statement,
                   const std::vector<SqlValue>& parameters = {}) {
  const auto rows = session.run(statement, parameters);
  REQUIRE_FALSE(rows.ok());
  return rows.failure();
}

/// Ends a backend and waits until it is gone.
void end_backend(const DatabaseServers& at, int pid) {
  const auto admin = open(at.admin, writing("ostler contract admin"));
  const auto ended =
      rows_of(*admin, "SELECT pg_terminate_backend($1::int, 10000)", {std::to_string(pid)});
  REQUIRE(ended.rows == std::vector<SqlRow>{{"t"}});
}

std::string sessions_named(const DatabaseServers& at, const std::string& application_name) {
  const auto admin = open(at.admin);
  return *rows_of(*admin, "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1",
                  {application_name})
              .rows[0][0];
}

std::string message(char type, const std::string& body) {
  const auto length = static_cast<std::uint32_t>(body.size() + 4);
  std::string text(1, type);
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(length >> shift & 0xff);
  return text + body;
}

/// What PostgreSQL sends to a new session that needs no password.
std::string welcome() {
  const auto setting = [](std::string name, std::string value) {
    return message('S', name + '\0' + value + '\0');
  };
  return message('R', std::string(4, '\0')) + setting("server_version", "15.0") +
         setting("client_encoding", "UTF8") + setting("standard_conforming_strings", "on") +
         message('K', std::string("\0\0\1\1\0\0\0\7", 8)) + message('Z', "I");
}

std::unique_ptr<SqlSession> open(const Loopback& server, Milliseconds statement_timeout) {
  SqlOptions options = writing();
  options.statement_timeout = statement_timeout;
  auto session = make_sql_connector()->connect(
      Secret("host=127.0.0.1 sslmode=disable user=x port=" + std::to_string(server.port)), options);
  INFO((session.ok() ? "" : session.failure().message));
  REQUIRE(session.ok());
  return std::move(*session);
}

}  // namespace

TEST_CASE("rows come as text, NULL as nothing, both ways", "[sql]") {
  over_database_servers([](const DatabaseServers& at) {
    const auto session = open(at.main);
    const SqlRows rows =
        rows_of(*session,
                "SELECT $1::text AS given, $2::text AS missing, $3::int + 1 AS sum, '' AS empty, "
                "$1::text || '\xc3\xa4' AS text",
                {"it's; \"x\" \\ $1", std::nullopt, "41"});
    CHECK(rows.columns == std::vector<std::string>{"given", "missing", "sum", "empty", "text"});
    REQUIRE(rows.rows.size() == 1);
    CHECK(rows.rows[0] ==
          SqlRow{"it's; \"x\" \\ $1", std::nullopt, "42", "", "it's; \"x\" \\ $1\xc3\xa4"});
    CHECK(rows_of(*session, "SELECT generate_series(1, 3)").rows ==
          std::vector<SqlRow>{{"1"}, {"2"}, {"3"}});
    const SqlRows none = rows_of(*session, "SELECT 1 AS one WHERE false");
    CHECK(none.rows.empty());
    CHECK(none.columns == std::vector<std::string>{"one"});
    CHECK(rows_of(*session, "").rows.empty());
    CHECK(session->backend_pid() ==
          std::stoi(*rows_of(*session, "SELECT pg_backend_pid()").rows[0][0]));
  });
}

TEST_CASE("affected rows are counted, and one call is one statement", "[sql]") {
  over_database_servers([](const DatabaseServers& at) {
    const auto session = open(at.owner, writing());
    CHECK(rows_of(*session, "CREATE TEMP TABLE t (a int)").affected == 0);
    CHECK(rows_of(*session, "INSERT INTO t SELECT generate_series(1, 5)").affected == 5);
    CHECK(rows_of(*session, "UPDATE t SET a = NULL WHERE a > $1", {"3"}).affected == 2);
    CHECK(rows_of(*session, "SELECT * FROM t").affected == 5);
    CHECK(failure_of(*session, "SELECT 1; SELECT 2").code == "42601");
    CHECK(failure_of(*session, "SELECT $1::text", {std::string("a\0b", 3)}).code == "22021");
    const auto refused = failure_of(*session, "SELECT 1", std::vector<SqlValue>(70000, "x"));
    CHECK(refused.kind == FailureKind::permanent);
    CHECK(refused.message.find("the statement cannot be sent") != std::string::npos);
    CHECK(rows_of(*session, "SELECT 1").rows.size() == 1);
  });
}

TEST_CASE("every SQLSTATE arrives with the server's words", "[sql]") {
  over_database_servers([](const DatabaseServers& at) {
    const auto session = open(at.main, writing());
    const auto admin = open(at.main);
    for (const auto& [code, kind] :
         std::vector<std::pair<std::string, FailureKind>>{{"0A000", FailureKind::permanent},
                                                          {"08006", FailureKind::unknown},
                                                          {"22012", FailureKind::permanent},
                                                          {"23505", FailureKind::permanent},
                                                          {"28000", FailureKind::refused},
                                                          {"40000", FailureKind::permanent},
                                                          {"40001", FailureKind::transient},
                                                          {"40003", FailureKind::permanent},
                                                          {"40P01", FailureKind::transient},
                                                          {"42501", FailureKind::refused},
                                                          {"42P01", FailureKind::permanent},
                                                          {"53300", FailureKind::transient},
                                                          {"55P03", FailureKind::transient},
                                                          {"57014", FailureKind::timeout},
                                                          {"57P03", FailureKind::transient},
                                                          {"P0001", FailureKind::permanent},
                                                          {"XX000", FailureKind::permanent}}) {
      const Failure failure =
          failure_of(*session, "DO $$ BEGIN RAISE EXCEPTION E'two\\nlines' USING ERRCODE = '" +
                                   code + "', DETAIL = 'a detail', HINT = 'a hint'; END $$");
      CAPTURE(code, failure.message);
      CHECK(failure.code == code);
      CHECK(failure.kind == kind);
      CHECK(failure.hint == "a hint");
      CHECK(failure.message.find("user 'ostler': two\\nlines (a detail)") != std::string::npos);
      CHECK(failure.message.find("LINE") == std::string::npos);
    }
    CHECK(failure_of(*session, "SET ROLE postgres").code == "42501");
    CHECK(failure_of(*admin, "CREATE TABLE not_mine (a int)").code == "25006");
    CHECK(rows_of(*session, "SELECT 1").rows.size() == 1);
  });
}

TEST_CASE("a transaction is the caller's", "[sql]") {
  over_database_servers([](const DatabaseServers& at) {
    const auto session = open(at.owner, writing());
    rows_of(*session, "CREATE TEMP TABLE t (a int)");
    rows_of(*session, "BEGIN");
    rows_of(*session, "INSERT INTO t VALUES (1)");
    rows_of(*session, "ROLLBACK");
    CHECK(rows_of(*session, "SELECT count(*) FROM t").rows[0][0] == "0");
    const auto insert = [&session] {
      const auto done = session->run("INSERT INTO t VALUES (1)");
      return done.ok() ? Result<void>{} : Result<void>(done.failure());
    };
    REQUIRE(in_transaction(*session, insert).ok());
    CHECK(rows_of(*session, "SELECT count(*) FROM t").rows[0][0] == "1");
    const auto lied = in_transaction(*session, [&] {
      (void)insert();
      (void)session->run("SELECT 1 / 0");
      return Result<void>{};
    });
    REQUIRE_FALSE(lied.ok());
    CHECK(lied.failure().code == "25P02");
    CHECK(rows_of(*session, "SELECT count(*) FROM t").rows[0][0] == "1");
    CHECK(rows_of(*session, "VACUUM t").rows.empty());
  });
}

TEST_CASE("a session that was ended stays ended", "[sql]") {
  over_database_servers([](const DatabaseServers& at) {
    const std::string name = "ostler contract " + std::to_string(getpid());
    const auto session = open(at.main, writing(name));
    rows_of(*session, "SELECT pg_advisory_lock(4711)");

    SECTION("while it was idle: nothing was sent") {
      end_backend(at, session->backend_pid());
      for (int round = 0; round < 3; ++round) {
        const Failure failure = failure_of(*session, "SELECT 1");
        CHECK(failure.kind == FailureKind::transient);
        CHECK(failure.code == "08003");
        CHECK(failure.message.find("the session has ended") != std::string::npos);
      }
    }
    SECTION("in a transaction: COMMIT is no success") {
      rows_of(*session, "BEGIN");
      end_backend(at, session->backend_pid());
      CHECK(failure_of(*session, "COMMIT").code == "08003");
    }
    SECTION("while a statement ran: nobody knows what became of it") {
      const Failure failure = failure_of(*session, "SELECT pg_terminate_backend(pg_backend_pid())");
      CAPTURE(failure.message, failure.code);
      CHECK(failure.kind == FailureKind::unknown);
      CHECK(failure_of(*session, "SELECT 1").code == "08003");
      CHECK(failure_of(*session, "SELECT 1").kind == FailureKind::transient);
    }
    CHECK(sessions_named(at, name) == "0");
  });
}

TEST_CASE("a statement ends at the server's timeout and the session goes on", "[sql]") {
  over_database_servers([](const DatabaseServers& at) {
    SqlOptions options = writing();
    options.statement_timeout = Milliseconds(100);
    const auto session = open(at.main, options);
    const Failure failure = failure_of(*session, "SELECT pg_sleep(30)");
    CHECK(failure.kind == FailureKind::timeout);
    CHECK(failure.code == "57014");
    SECTION("no longer than a statement may take now") {
      rows_of(*session, "BEGIN");
      rows_of(*session, "SET LOCAL statement_timeout = '20s'");
      CHECK(rows_of(*session, "SELECT pg_sleep(5.5)").rows.size() == 1);
      rows_of(*session, "COMMIT");
      CHECK(failure_of(*session, "SELECT pg_sleep(30)").code == "57014");
    }
  });
}

TEST_CASE("what is not for us ends the session: COPY, answers without end", "[sql]") {
  over_database_servers([](const DatabaseServers& at) {
    const auto session = open(at.main, writing());
    SECTION("COPY to the client") {
      const Failure failure = failure_of(*session, "COPY (SELECT 1) TO STDOUT");
      CHECK(failure.kind == FailureKind::permanent);
      CHECK(failure.code == "0A000");
      CHECK(failure_of(*session, "SELECT 1").code == "08003");
    }
    SECTION("an answer longer than the limit is cut while it arrives") {
      rusage before{};
      getrusage(RUSAGE_SELF, &before);
      const Failure failure =
          failure_of(*session, "SELECT repeat('x', 1000000) FROM generate_series(1, 3000)");
      CHECK(failure.kind == FailureKind::permanent);
      CHECK(failure.message.find("the answer is longer than 64") != std::string::npos);
      CHECK(failure_of(*session, "SELECT 1").code == "08003");
      rusage after{};
      getrusage(RUSAGE_SELF, &after);
      CHECK(after.ru_maxrss - before.ru_maxrss < 800 * 1024);
    }
  });
}

TEST_CASE("a refused connection says why, without the password", "[sql]") {
  over_database_servers([](const DatabaseServers& at) {
    const std::string dsn = at.main;
    const auto host = dsn.find('@');
    const auto wrong = make_sql_connector()->connect(
        Secret("postgresql://ostler:canary-password" + dsn.substr(host)), {});
    REQUIRE_FALSE(wrong.ok());
    CHECK(wrong.failure().kind == FailureKind::refused);
    CHECK(wrong.failure().code == "28P01");
    CHECK(wrong.failure().message.find("canary") == std::string::npos);
    SqlOptions options;
    options.database = "no_such_database";
    CHECK(make_sql_connector()->connect(Secret(std::string(dsn)), options).failure().code ==
          "3D000");
  });
}

TEST_CASE("a server that stops answering is given up, and never asked again", "[sql]") {
  Loopback server{[](Connection& connection) {
    connection.send(welcome());
    connection.wait_for_hang_up();
  }};
  const auto session = open(server, Milliseconds(1));
  CHECK(session->backend_pid() == 257);
  const auto begun = std::chrono::steady_clock::now();
  const Failure failure = failure_of(*session, "SELECT 1");
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(20));
  CHECK(failure.kind == FailureKind::unknown);
  CHECK(failure.message.find("no answer within 5") != std::string::npos);
  const Failure next = failure_of(*session, "SELECT 1");
  CHECK(next.kind == FailureKind::transient);
  CHECK(next.code == "08003");
  CHECK(server.connections == 1);
}

TEST_CASE("a connection that breaks under a statement is not made again", "[sql]") {
  Loopback server{[](Connection& connection) {
    connection.send(welcome());
    connection.read_request();  // ends where an empty line does
    connection.reset_on_close();
  }};
  const auto session = open(server, Milliseconds(60'000));
  const Failure failure = failure_of(*session, "COMMIT\r\n\r\n");
  CHECK(failure.kind == FailureKind::unknown);
  CHECK(failure.code == "08006");
  CHECK(failure_of(*session, "COMMIT").code == "08003");
  CHECK(server.connections == 1);
}
