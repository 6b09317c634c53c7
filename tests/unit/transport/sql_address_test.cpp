#include "transport/sql_address.hpp"

#include "tests/fakes/fake_sql.hpp"

#include "ostler/transport/sql.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>

using namespace ostler;

namespace {

Result<SqlAddress> read(const std::string& dsn, const SqlOptions& options = {}) {
  return read_sql_address(Secret(std::string(dsn)), options);
}

}  // namespace

TEST_CASE("another machine is only reached with its certificate verified in full") {
  const auto address = read("postgresql://ostler:canary-pw@db.example:5433/saas");
  REQUIRE(address.ok());
  CHECK(address->value("sslmode") == "verify-full");
  CHECK(address->value("gssencmode") == "disable");
  CHECK(address->value("channel_binding") == "require");
  CHECK(address->text() == "PostgreSQL at db.example:5433, database 'saas', user 'ostler'");
  CHECK(read("host=db.example user=x sslmode=verify-full").ok());
  for (const char* mode : {"require", "prefer", "disable", "allow", "verify-ca"}) {
    const auto weak =
        read(std::string("host=db.example user=x password=canary-pw sslmode=") + mode);
    REQUIRE_FALSE(weak.ok());
    CHECK(weak.failure().kind == FailureKind::refused);
    CHECK_FALSE(weak.failure().hint.empty());
    CHECK((weak.failure().message + weak.failure().hint).find("canary") == std::string::npos);
  }
}

TEST_CASE("loopback addresses and sockets may do without, as the string says") {
  for (const char* host :
       {"127.0.0.1", "localhost", "::1", "/var/run/postgresql", "127.0.0.1,localhost"}) {
    const auto address = read(std::string("user=x host=") + host);
    REQUIRE(address.ok());
    CHECK(address->value("sslmode") == "prefer");
  }
  CHECK(read("host=127.0.0.1 user=x sslmode=disable")->value("sslmode") == "disable");
  for (const char* host : {"127.0.0.1,db.example", "127.0.0.1.evil.test", "127.1", "1270.0.0.1"}) {
    CHECK(read(std::string("user=x host=") + host)->value("sslmode") == "verify-full");
  }
  CHECK(read("host=localhost hostaddr=10.0.0.1 user=x")->value("sslmode") == "verify-full");
}

TEST_CASE("settings of the session outrank those of the string") {
  SqlOptions options;
  options.statement_timeout = Milliseconds(1500);
  options.lock_timeout = Milliseconds(0);
  options.database = "tenant";
  const auto address =
      read("host=localhost user=x dbname=saas options='-c statement_timeout=0 -c search_path=a'",
           options);
  REQUIRE(address.ok());
  CHECK(address->value("dbname") == "tenant");
  CHECK(address->value("options") ==
        "-c statement_timeout=0 -c search_path=a -c default_transaction_read_only=on -c "
        "statement_timeout=1500 "
        "-c lock_timeout=0 -c idle_in_transaction_session_timeout=60000");
  options.access = SqlAccess::read_write;
  CHECK(read("host=localhost user=x", options)->value("options").find("read_only=off") !=
        std::string::npos);
}

TEST_CASE("strings that leave something to chance are refused, and never quoted") {
  for (const char* dsn : {"canary", "host=localhost 'canary", "postgresql://user:can%zzary@host/",
                          "user=x password=canary", "host=localhost password=canary",
                          "service=canary host=localhost user=x"}) {
    INFO(dsn);
    const auto address = read(dsn);
    REQUIRE_FALSE(address.ok());
    CHECK((address.failure().message + address.failure().hint).find("canary") == std::string::npos);
  }
  setenv("PGHOSTADDR", "10.0.0.1", 1);
  CHECK_FALSE(read("host=localhost user=x").ok());
  unsetenv("PGHOSTADDR");
}

TEST_CASE("what a SQLSTATE means") {
  CHECK(sql_failure_kind("57014") == FailureKind::timeout);
  for (const char* state : {"40001", "40P01", "55P03", "55006", "53300", "57P03"})
    CHECK(sql_failure_kind(state) == FailureKind::transient);
  for (const char* state : {"57P01", "57P02", "08006", "08003"})
    CHECK(sql_failure_kind(state) == FailureKind::unknown);
  for (const char* state : {"28P01", "28000", "42501"})
    CHECK(sql_failure_kind(state) == FailureKind::refused);
  for (const char* state : {"42P01", "42P07", "23505", "25P02"})
    CHECK(sql_failure_kind(state) == FailureKind::permanent);
}

TEST_CASE("a transaction commits what its body did, and rolls back what failed") {
  auto server = std::make_shared<FakeSqlServer>();
  FakeSqlSession session(server, {});
  REQUIRE(in_transaction(session, [] { return Result<void>(); }).ok());
  CHECK(server->count("COMMIT") == 1);
  const auto failed = in_transaction(session, [] {
    return Result<void>(Failure{FailureKind::permanent, "no", "", "X"});
  });
  CHECK(failed.failure().message == "no");
  CHECK(server->count("ROLLBACK") == 1);
  CHECK(server->count("COMMIT") == 1);
  server->faults.fail_after("COMMIT", {FailureKind::unknown, "broke", "", "08006"});
  CHECK(in_transaction(session, [] { return Result<void>(); }).failure().kind ==
        FailureKind::unknown);
}
