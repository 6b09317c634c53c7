// What steps rely on in a tenant's database, by the statements that they send: the same on the
// lab's modelled PostgreSQL and on a real one.
#include "tests/contract/shop.hpp"
#include "tests/contract/stack.hpp"

#include "ostler/systems/odoo.hpp"
#include "ostler/systems/tenant.hpp"

using namespace ostler;

namespace {

constexpr const char* add = "ALTER TABLE sale_order ADD COLUMN contract_note text";
constexpr const char* take_away = "ALTER TABLE sale_order DROP COLUMN contract_absent";
constexpr const char* counter = "SELECT last_value FROM base_registry_signaling";

std::unique_ptr<SqlSession> open(Shop& shop, const std::string& application = "contract") {
  auto session = shop.systems.postgres("main").session(shop.database, application);
  if (!session.ok()) FAIL(session.failure().message);
  return *std::move(session);
}

std::string code_of(SqlSession& session, const std::string& statement,
                    const std::vector<SqlValue>& parameters = {}) {
  const auto done = session.run(statement, parameters);
  return done.ok() ? "" : done.failure().code;
}

std::string text_of(SqlSession& session, const std::string& statement,
                    const std::vector<SqlValue>& parameters = {}) {
  const auto answer = ask_text(query_of(session), statement, parameters);
  if (!answer.ok()) FAIL(answer.failure().message);
  return *answer;
}

}  // namespace

TEST_CASE("contract: what a transaction did is seen by others when it is committed, or never",
          "[sql][ModelledPostgres]") {
  over_shops([](Shop& shop) {
    const auto session = open(shop);
    CHECK(code_of(*session, "BEGIN").empty());
    CHECK(code_of(*session, add).empty());
    CHECK_FALSE(shop.tenant().has_column("contract_note"));
    CHECK(code_of(*session, "ROLLBACK").empty());
    CHECK_FALSE(shop.tenant().has_column("contract_note"));
    // A body that overlooks an error must not read as done.
    const auto overlooked = in_transaction(*session, [&]() -> Result<void> {
      (void)session->run(add);
      (void)session->run(take_away);
      return {};
    });
    REQUIRE_FALSE(overlooked.ok());
    CHECK(overlooked.failure().code == "25P02");
    CHECK_FALSE(shop.tenant().has_column("contract_note"));
    CHECK(in_transaction(*session, [&]() -> Result<void> {
            OSTLER_TRY(const SqlRows done, session->run(add));
            (void)done;
            return {};
          }).ok());
    CHECK(shop.tenant().has_column("contract_note"));
  });
}

TEST_CASE("contract: a failed statement says which way it failed", "[sql][ModelledPostgres]") {
  over_shops([](Shop& shop) {
    const auto session = open(shop);
    CHECK(code_of(*session, "CREATE TABLE sale_order (id int)") == "42P07");
    CHECK(code_of(*session, take_away) == "42703");
    CHECK(code_of(*session, "ALTER TABLE contract_absent ADD COLUMN a text") == "42P01");
    CHECK(code_of(*session, add).empty());
    CHECK(code_of(*session, add) == "42701");
    CHECK(code_of(*session, "BEGIN").empty());
    CHECK(code_of(*session, "CREATE INDEX CONCURRENTLY contract_index ON sale_order (name)") ==
          "25001");
    CHECK(code_of(*session, counter) == "25P02");
    CHECK(code_of(*session, "ROLLBACK").empty());
    CHECK(code_of(*session, counter).empty());
  });
}

TEST_CASE("contract: who looks cannot write, and no database is made by asking for it",
          "[sql][ModelledPostgres]") {
  over_shops([](Shop& shop) {
    const PostgresLook& look = shop.systems.looks().postgres("main");
    const auto written = look.query(shop.database, add);
    REQUIRE_FALSE(written.ok());
    CHECK(written.failure().code == "25006");
    CHECK_FALSE(shop.tenant().has_column("contract_note"));
    for (const auto& nowhere :
         {look.query("no_such_database", counter), look.query_replica(0, "no_such", counter)}) {
      REQUIRE_FALSE(nowhere.ok());
      CHECK(nowhere.failure().code == "3D000");
      CHECK(nowhere.failure().kind == FailureKind::permanent);
    }
    CHECK(eventually(shop.systems.time(), [&] {
      const auto replica = look.query_replica(0, shop.database, counter);
      return replica.ok() && replica->rows == look.query(shop.database, counter)->rows;
    }));
    CHECK(look.query_replica(0, shop.database, add).failure().code == "25006");
  });
}

TEST_CASE("contract: a table that somebody changes is not to be had for others",
          "[sql][ModelledPostgres]") {
  over_shops([](Shop& shop) {
    const auto first = open(shop), second = open(shop);
    CHECK(code_of(*first, "BEGIN").empty());
    CHECK(code_of(*first, add).empty());
    const auto blocked = second->run("ALTER TABLE sale_order ADD COLUMN contract_other text");
    REQUIRE_FALSE(blocked.ok());
    CHECK(blocked.failure().code == "55P03");
    CHECK(blocked.failure().kind == FailureKind::transient);
    CHECK(code_of(*second, "select count(*) from sale_order") == "55P03");
    CHECK(code_of(*first, "COMMIT").empty());
    CHECK(code_of(*second, "select count(*) from sale_order").empty());
  });
}

TEST_CASE("contract: an advisory lock is one session's, as often as it takes it",
          "[sql][ModelledPostgres]") {
  over_shops([](Shop& shop) {
    constexpr const char* take = "SELECT pg_try_advisory_lock($1::bigint)";
    constexpr const char* give = "SELECT pg_advisory_unlock($1::bigint)";
    auto first = open(shop);
    const auto second = open(shop);
    CHECK(text_of(*first, take, {"4711"}) == "t");
    CHECK(text_of(*first, take, {"4711"}) == "t");
    CHECK(text_of(*second, take, {"4711"}) == "f");
    CHECK(text_of(*second, take, {"4712"}) == "t");
    CHECK(text_of(*second, give, {"4711"}) == "f");
    CHECK(text_of(*first, give, {"4711"}) == "t");
    CHECK(text_of(*second, take, {"4711"}) == "f");
    CHECK(shop.tenant().advisory_locks() == 2);
    // It goes with its session.
    first.reset();
    CHECK(eventually(shop.systems.time(), [&] { return text_of(*second, take, {"4711"}) == "t"; }));
  });
}

TEST_CASE("contract: a sequence counts on, whatever becomes of the transaction",
          "[sql][ModelledPostgres]") {
  over_shops([](Shop& shop) {
    const auto session = open(shop);
    const std::int64_t before = shop.tenant().registry_counter();
    CHECK(code_of(*session, "BEGIN").empty());
    CHECK(text_of(*session, "SELECT nextval('base_registry_signaling')") ==
          std::to_string(before + 1));
    CHECK(code_of(*session, "ROLLBACK").empty());
    CHECK(shop.tenant().registry_counter() == before + 1);
  });
}
