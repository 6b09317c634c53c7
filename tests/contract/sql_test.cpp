// PostgreSQL sessions over real servers; what they do without a server at all; in_transaction
// over both kinds.
#include "ostler/transport/sql.hpp"

#include "tests/contract/database_servers.hpp"
#include "tests/contract/loopback.hpp"
#include "tests/contract/stack.hpp"
#include "tests/fakes/fake_sql.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"
#include "ostler/systems/postgres.hpp"

using namespace ostler;

namespace {

std::unique_ptr<SqlSession> open(const std::string& dsn, const SqlOptions& options) {
  auto session = make_sql_connector()->connect(Secret(std::string(dsn)), options);
  if (!session.ok()) FAIL(session.failure().message);
  return std::move(*session);
}

/// A schema of its own in the tenants' control database, gone with the test.
struct OwnSchema {
  explicit OwnSchema(const DatabaseServers& at) : name("contract_" + random_hex(12)) {
    SqlOptions options;
    options.access = SqlAccess::read_write;
    session = open(at.owner, options);
    REQUIRE(session->run("CREATE SCHEMA " + name).ok());
    REQUIRE(session->run("CREATE TABLE " + name + ".t (id int PRIMARY KEY, word text)").ok());
  }
  ~OwnSchema() { (void)session->run("DROP SCHEMA " + name + " CASCADE"); }
  std::string count() const {
    return session->run("SELECT count(*) FROM " + name + ".t")->rows[0][0].value();
  }
  std::string name;
  std::unique_ptr<SqlSession> session;
};

}  // namespace

TEST_CASE("a server that is not there, or never answers, costs no more than the time allowed",
          "[sql]") {
  SqlOptions options;
  options.connect_timeout = Milliseconds(200);
  const Loopback silent([](Connection& connection) { connection.wait_for_hang_up(); });
  const std::string dsn = "host=127.0.0.1 user=x password=canary-word port=";
  const auto late =
      make_sql_connector()->connect(Secret(dsn + std::to_string(silent.port)), options);
  REQUIRE_FALSE(late.ok());
  CHECK(late.failure().kind == FailureKind::transient);
  CHECK(late.failure().message.find("no answer within") != std::string::npos);
  const auto absent = make_sql_connector()->connect(Secret(dsn + "1"), options);
  REQUIRE_FALSE(absent.ok());
  CHECK(absent.failure().kind == FailureKind::transient);
  CHECK(absent.failure().message.find("127.0.0.1:1") != std::string::npos);
  for (const auto& failure : {late.failure(), absent.failure()}) {
    CHECK((failure.message + failure.hint).find("canary") == std::string::npos);
  }
}

TEST_CASE("rows are text, parameters are values", "[sql]") {
  over_database_servers([](const DatabaseServers& at) {
    const auto session = open(at.main, {});
    const auto rows = session->run("SELECT $1::text AS a, $2::int + 1 AS b, NULL AS c, true AS d",
                                   {"it's \"x\"; --", "41"});
    REQUIRE(rows.ok());
    CHECK(rows->columns == std::vector<std::string>{"a", "b", "c", "d"});
    CHECK(rows->rows == std::vector<SqlRow>{{"it's \"x\"; --", "42", std::nullopt, "t"}});
    CHECK(session->run("SELECT 1 WHERE false")->columns.size() == 1);
    CHECK(session->run("SELECT current_setting('application_name')")->rows[0][0] == "ostler");
    CHECK(session->run("SELECT pg_backend_pid()")->rows[0][0] ==
          std::to_string(session->backend_pid()));
    CHECK(session->run("SELECT 1; SELECT 2").failure().code == "42601");
    CHECK(session->run("SELECT $1::text", {std::string("a\0b", 3)}).failure().kind ==
          FailureKind::permanent);
    CHECK(session->run("COPY (SELECT 1) TO STDOUT").failure().code == "0A000");
  });
}

TEST_CASE("a session for looking cannot write", "[sql]") {
  over_database_servers([](const DatabaseServers& at) {
    const OwnSchema own(at);
    const auto session = open(at.owner, {});
    CHECK(session->run("INSERT INTO " + own.name + ".t VALUES (1, 'x')").failure().code == "25006");
    CHECK(own.count() == "0");
  });
}

TEST_CASE("who is refused is told by whom, never with what", "[sql]") {
  if (!on_stack()) return;
  const std::string ca = stack_variable("OSTLER_STACK_CA");
  const auto refused = make_sql_connector()->connect(
      Secret(
          "postgresql://ostler:canary-word@127.0.0.1:5432/saas?sslmode=verify-full&sslrootcert=" +
          ca),
      {});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.failure().kind == FailureKind::refused);
  CHECK(refused.failure().code == "28P01");
  for (const char* part : {"127.0.0.1:5432", "'saas'", "'ostler'"}) {
    CHECK(refused.failure().message.find(part) != std::string::npos);
  }
  CHECK((refused.failure().message + refused.failure().hint).find("canary") == std::string::npos);

  SqlOptions options;
  options.database = "no_such_database";
  CHECK(make_sql_connector()
            ->connect(Secret(stack_variable("OSTLER_PG_MAIN")), options)
            .failure()
            .code == "3D000");

  const auto untrusted = make_sql_connector()->connect(
      Secret("postgresql://ostler:canary-word@127.0.0.1:5432/saas?sslmode=verify-full"
             "&sslrootcert=/etc/ssl/certs/ca-certificates.crt"),
      {});
  REQUIRE_FALSE(untrusted.ok());
  CHECK(untrusted.failure().kind == FailureKind::permanent);
}

TEST_CASE("timeouts of statements and locks are told apart", "[sql]") {
  over_database_servers([](const DatabaseServers& at) {
    const OwnSchema own(at);
    SqlOptions options;
    options.statement_timeout = Milliseconds(200);
    CHECK(open(at.main, options)->run("SELECT pg_sleep(5)").failure().kind == FailureKind::timeout);
    options.access = SqlAccess::read_write;
    options.statement_timeout = Milliseconds(5000);
    options.lock_timeout = Milliseconds(100);
    const auto waiting = open(at.owner, options);
    REQUIRE(in_transaction(*own.session, [&]() -> Result<void> {
              OSTLER_TRY(const SqlRows ignored, own.session->run("LOCK TABLE " + own.name + ".t"));
              (void)ignored;
              const auto blocked = waiting->run("INSERT INTO " + own.name + ".t VALUES (1, 'x')");
              CHECK(blocked.failure().code == "55P03");
              CHECK(blocked.failure().kind == FailureKind::transient);
              return {};
            }).ok());
  });
}

TEST_CASE(
    "a session that was ended is known before a statement is sent, and unknown while one runs",
    "[sql]") {
  over_database_servers([](const DatabaseServers& at) {
    SqlOptions writing;
    writing.access = SqlAccess::read_write;
    const auto admin = open(at.admin, writing);
    const auto victim = open(at.owner, writing);
    const auto end = [&] {
      return admin->run("SELECT pg_terminate_backend($1::int, 5000)",
                        {std::to_string(victim->backend_pid())});
    };
    std::thread other([&] {
      const auto clock = make_system_clock();
      eventually(*clock, [&] {
        return admin
                   ->run(
                       "SELECT 1 FROM pg_stat_activity WHERE pid = $1::int AND query LIKE "
                       "'%pg_sleep%'",
                       {std::to_string(victim->backend_pid())})
                   ->rows.size() == 1;
      });
      CHECK(end().ok());
    });
    const auto broken = victim->run("SELECT pg_sleep(10)");
    other.join();
    REQUIRE_FALSE(broken.ok());
    CHECK(broken.failure().kind == FailureKind::unknown);
    const auto after = victim->run("SELECT 1");
    REQUIRE_FALSE(after.ok());
    CHECK(after.failure().kind == FailureKind::transient);

    const auto idle = open(at.owner, writing);
    REQUIRE(admin
                ->run("SELECT pg_terminate_backend($1::int, 5000)",
                      {std::to_string(idle->backend_pid())})
                .ok());
    CHECK(idle->run("SELECT 1").failure().kind == FailureKind::transient);
  });
}

TEST_CASE("a transaction is all or nothing", "[sql]") {
  over_database_servers([](const DatabaseServers& at) {
    const OwnSchema own(at);
    const auto insert = [&own](const char* id) {
      return own.session->run("INSERT INTO " + own.name + ".t VALUES ($1::int, 'x')", {id});
    };
    REQUIRE(in_transaction(*own.session, [&]() -> Result<void> {
              OSTLER_TRY(const SqlRows rows, insert("1"));
              CHECK(rows.affected == 1);
              return {};
            }).ok());
    CHECK(in_transaction(*own.session,
                         [&]() -> Result<void> {
                           OSTLER_TRY(const SqlRows rows, insert("2"));
                           (void)rows;
                           return Failure{FailureKind::permanent, "no", "", "mine"};
                         })
              .failure()
              .code == "mine");
    // A body that overlooks an error must not read as done.
    CHECK(in_transaction(*own.session,
                         [&]() -> Result<void> {
                           (void)insert("3");
                           (void)insert("1");
                           return {};
                         })
              .failure()
              .code == "25P02");
    CHECK(own.count() == "1");
  });
}

TEST_CASE("an answer beyond all bounds ends the session", "[sql]") {
  over_database_servers([](const DatabaseServers& at) {
    const auto session = open(at.main, {});
    CHECK(session->run("SELECT repeat('x', 1000000) FROM generate_series(1, 80)").failure().kind ==
          FailureKind::permanent);
    CHECK(session->run("SELECT 1").failure().kind == FailureKind::transient);
  });
}

TEST_CASE("the system PostgreSQL looks at primary and replica from several threads", "[sql]") {
  over_database_servers([](const DatabaseServers& at) {
    const auto connector = make_sql_connector();
    PostgresSettings settings{"main",
                              std::make_shared<Secret>(std::string(at.main)),
                              {std::make_shared<Secret>(std::string(at.replica))}};
    const auto postgres = make_postgres(std::move(settings), *connector);
    CHECK(postgres->query("", "SELECT pg_is_in_recovery()")->rows[0][0] == "f");
    CHECK(postgres->query_replica(0, "", "SELECT pg_is_in_recovery()")->rows[0][0] == "t");
    std::atomic<int> good{0};
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&] {
        for (int round = 0; round < 20; ++round) good += postgres->query("", "SELECT 1").ok();
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(good == 80);
  });
}
