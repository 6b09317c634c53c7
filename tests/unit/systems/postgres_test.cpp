#include "ostler/systems/postgres.hpp"

#include "tests/fakes/fake_sql.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

struct Fixture {
  FakeSqlConnector connector;
  std::unique_ptr<Postgres> postgres;
  Fixture() {
    const auto dsn = std::make_shared<Secret>(std::string("host=localhost user=x"));
    postgres = make_postgres({"main", dsn, {dsn}}, connector);
    connector.server->on_rows("select 1", {{"1"}});
  }
};

}  // namespace

TEST_CASE("looks reuse a read-only session for each database") {
  Fixture f;
  for (int round = 0; round < 3; ++round) {
    REQUIRE(f.postgres->query("a", "select 1").ok());
    REQUIRE(f.postgres->query("b", "select 1").ok());
  }
  REQUIRE(f.connector.connected.size() == 2);
  CHECK(f.connector.connected[0].access == SqlAccess::read_only);
  REQUIRE(f.postgres->query_replica(0, "a", "select 1").ok());
  CHECK(f.connector.connected.size() == 3);
  CHECK_FALSE(f.postgres->query_replica(1, "a", "select 1").ok());
}

TEST_CASE("few sessions stay open however many databases there are") {
  Fixture f;
  for (int database = 0; database < 20; ++database)
    REQUIRE(f.postgres->query("t" + std::to_string(database), "select 1").ok());
  // The first one was closed meanwhile, the last ones were not.
  REQUIRE(f.postgres->query("t19", "select 1").ok());
  CHECK(f.connector.connected.size() == 20);
  REQUIRE(f.postgres->query("t0", "select 1").ok());
  CHECK(f.connector.connected.size() == 21);
}

TEST_CASE("a kept session that was lost is replaced, a new one is not asked twice") {
  Fixture f;
  REQUIRE(f.postgres->query("a", "select 1").ok());
  f.connector.server->faults.fail_before(
      "select 1", {FailureKind::transient, "the session has ended", "", "08003"});
  CHECK(f.postgres->query("a", "select 1").ok());
  CHECK(f.connector.connected.size() == 2);
  f.connector.server->faults.fail_before("select 1", {FailureKind::unknown, "broke", "", "08006"},
                                         2);
  const auto twice = f.postgres->query("a", "select 1");
  REQUIRE_FALSE(twice.ok());
  CHECK(twice.failure().message == "server 'main': broke");
  CHECK(f.connector.server->faults.unused() == 0);
}

TEST_CASE("an error of a statement keeps the session and names the server") {
  Fixture f;
  f.connector.server->on("bad", [](const FakeSqlServer::Call&) -> Result<SqlRows> {
    return Failure{FailureKind::permanent, "syntax error", "", "42601"};
  });
  REQUIRE(f.postgres->query("a", "bad").failure().code == "42601");
  REQUIRE(f.postgres->query("a", "select 1").ok());
  CHECK(f.connector.connected.size() == 1);
}

TEST_CASE("a writing session belongs to the caller") {
  Fixture f;
  auto session = f.postgres->session("a", "ostler run/S1");
  REQUIRE(session.ok());
  CHECK(f.connector.connected[0].access == SqlAccess::read_write);
  CHECK(f.connector.connected[0].application_name == "ostler run/S1");
  f.connector.server->faults.fail_before("connect a", {FailureKind::refused, "no", "", "28P01"});
  CHECK(f.postgres->session("a", "x").failure().message == "server 'main': no");
}
