// What ostler's steps, checks and gates send to a tenant, on PostgreSQL and on its model: the same
// answers from both.
#include "tests/unit/lab/tenant_stage.hpp"

#include "ostler/base/text.hpp"

#include <catch2/catch.hpp>

using namespace ostler;
using namespace ostler::lab;

namespace {

constexpr const char* ledger =
    "CREATE TABLE IF NOT EXISTS ostler_migration (version text PRIMARY KEY, name text NOT NULL, "
    "checksum text NOT NULL, run text NOT NULL, epoch bigint NOT NULL, opno bigint NOT NULL, "
    "applied_at timestamptz NOT NULL DEFAULT now())";
constexpr const char* enter =
    "INSERT INTO ostler_migration (version, name, checksum, run, epoch, opno) VALUES ($1, $2, $3, "
    "$4, $5, $6)";
constexpr const char* add = "ALTER TABLE sale_order ADD COLUMN sales_channel text";
constexpr const char* has_column =
    "SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT "
    "attisdropped AND attname IN ($2::text, lower($2::text))";
constexpr const char* ledger_exists = "SELECT to_regclass('public.ostler_migration') IS NOT NULL";

std::string run(SqlSession& session, const std::string& statement,
                const std::vector<SqlValue>& parameters = {}) {
  const auto done = session.run(statement, parameters);
  if (!done.ok() && done.failure().code.empty()) return done.failure().message;
  return done.ok() ? "" : done.failure().code;
}

}  // namespace

TEST_CASE("a tenant's schema is the same on the model", "[lab][tenants]") {
  std::vector<Json> seen;
  on_tenants([&seen](TenantStage& stage) {
    seen.push_back(stage.facts());
    REQUIRE(run_update(stage, "2-contract").exit_code == 0);
    seen.push_back(stage.facts());
  });
  REQUIRE(seen.size() >= 2);
  if (seen.size() < 4) return;
  for (const std::size_t at : {0, 1}) {
    CHECK(seen[at]["versions"] == seen[at + 2]["versions"]);
    CHECK(seen[at]["counter"] == seen[at + 2]["counter"]);
    CHECK(seen[at]["required_nullable"] == seen[at + 2]["required_nullable"]);
    for (const char* list : {"tables", "not_null", "invalid"})
      CHECK(seen[at]["schema"][list] == seen[at + 2]["schema"][list]);
  }
}

TEST_CASE("an expansion with its ledger is all or nothing", "[lab][tenants]") {
  on_tenants([](TenantStage& stage) {
    const Json before = stage.facts();
    const auto session = stage.session("ostler");
    const auto owner = become_owner(query_of(*session));
    CHECK(*owner == "SET LOCAL ROLE odoo");
    CHECK(stage.text(ledger_exists) == "f");
    const auto expand = [&](bool whole) {
      return in_transaction(*session, [&]() -> Result<void> {
        CHECK(run(*session, *owner).empty());
        CHECK(run(*session, "SET LOCAL lock_timeout = '200ms'").empty());
        CHECK(run(*session, ledger).empty());
        CHECK(run(*session, add).empty());
        CHECK(run(*session, enter, {"0001", "0001_channel", "abc", "run", "1", "2"}).empty());
        CHECK(stage.text(has_column, {"sale_order", "sales_channel"}) == "0");
        if (!whole) return Failure{FailureKind::permanent, "not whole", "", ""};
        return {};
      });
    };
    CHECK_FALSE(expand(false).ok());
    CHECK(same_schema(stage.facts()["schema"], before["schema"]));
    CHECK(expand(true).ok());
    CHECK(stage.text(has_column, {"sale_order", "sales_channel"}) == "1");
    CHECK(stage.text(ledger_exists) == "t");
    CHECK(stage.text("SELECT version, checksum FROM ostler_migration WHERE version = "
                     "ANY($1::text[])",
                     {array_text({"0001"})}) == "0001");
    CHECK(stage.databases->take_order(stage.database, shop_code("1"), "11111111-0000-4000-8000-1")
              .ok());
    CHECK(run(*session, add) == "42701");
    CHECK(run(*session, "ALTER TABLE sale_order DROP COLUMN sales_channel").empty());
    CHECK(run(*session, "DELETE FROM ostler_migration WHERE version = $1", {"0001"}).empty());
    CHECK(stage.text("SELECT count(*) FROM ostler_migration") == "0");
    CHECK(run(*session, "DROP TABLE ostler_migration").empty());
    CHECK(same_schema(stage.facts()["schema"], before["schema"]));
  });
}

TEST_CASE("a failed statement poisons its transaction, and COMMIT then commits nothing",
          "[lab][tenants]") {
  on_tenants([](TenantStage& stage) {
    const auto session = stage.session("ostler");
    CHECK(run(*session, "BEGIN").empty());
    CHECK(run(*session, "COMMENT ON COLUMN sale_order.name IS 'seen'").empty());
    CHECK(run(*session, "ALTER TABLE sale_order ADD COLUMN extra text").empty());
    CHECK(run(*session, "ALTER TABLE sale_order DROP COLUMN nothing") == "42703");
    CHECK(run(*session, "SELECT pg_current_wal_lsn()") == "25P02");
    CHECK(run(*session, "COMMIT") == "25P02");
    CHECK(stage.text(has_column, {"sale_order", "extra"}) == "0");
    CHECK(run(*session, "SELECT pg_current_wal_lsn()").empty());
  });
}

TEST_CASE("a session that only looks cannot write", "[lab][tenants]") {
  on_tenants([](TenantStage& stage) {
    const auto session = stage.session("ostler", SqlAccess::read_only);
    CHECK(run(*session, add) == "25006");
  });
}

TEST_CASE("an index built beside writers, and its undoing", "[lab][tenants]") {
  on_tenants([](TenantStage& stage) {
    const auto session = stage.session("ostler");
    constexpr const char* valid =
        "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)";
    constexpr const char* build =
        "CREATE INDEX CONCURRENTLY sale_order_date_idx ON sale_order (date_order)";
    CHECK(stage.text(valid, {"sale_order_date_idx"}).empty());
    CHECK(run(*session, "SET lock_timeout = 0").empty());
    CHECK(run(*session, "SET ROLE odoo").empty());
    CHECK(run(*session, build).empty());
    CHECK(run(*session, "SET ROLE NONE").empty());
    CHECK(stage.text(valid, {"sale_order_date_idx"}) == "t");
    CHECK(run(*session, build) == "42P07");
    CHECK(run(*session, "BEGIN").empty());
    CHECK(run(*session, "DROP INDEX CONCURRENTLY sale_order_date_idx") == "25001");
    CHECK(run(*session, "ROLLBACK").empty());
    CHECK(run(*session, "DROP INDEX CONCURRENTLY sale_order_date_idx").empty());
    CHECK(stage.text(valid, {"sale_order_date_idx"}).empty());
  });
}

TEST_CASE("a required column without a default needs an empty table", "[lab][tenants]") {
  on_tenants([](TenantStage& stage) {
    const auto session = stage.session("ostler");
    CHECK(run(*session, "ALTER TABLE sale_order ADD COLUMN extra text NOT NULL") == "23502");
    CHECK(
        run(*session, "ALTER TABLE sale_order ADD COLUMN extra text NOT NULL DEFAULT ''").empty());
    CHECK(run(*session,
              "CREATE TABLE extra (id bigint PRIMARY KEY, note text, price numeric(10, "
              "2) DEFAULT 0 NOT NULL)")
              .empty());
    CHECK(run(*session, "ALTER TABLE extra ADD COLUMN more text NOT NULL").empty());
    CHECK(stage.databases->take_order(stage.database, shop_code("1"), "11111111-0000-4000-8000-1")
              .ok());
    const Json now = stage.facts();
    const auto has = [&now](const char* column) {
      const Json& list = value_at(now, "/schema/not_null");
      return std::find(list.begin(), list.end(), Json(column)) != list.end();
    };
    CHECK(has("extra.more"));
    CHECK_FALSE(has("extra.price"));
    CHECK_FALSE(has("sale_order.extra"));
  });
}

TEST_CASE("one tenant is one session's at a time", "[lab][tenants]") {
  on_tenants([](TenantStage& stage) {
    const auto first = stage.session("ostler", SqlAccess::read_write, "ostler-run-step");
    const auto second = stage.session("ostler");
    CHECK(try_lock_tenant(*first, stage.database)->empty());
    CHECK(*try_lock_tenant(*second, stage.database) ==
          fmt::format("backend {} (ostler-run-step, ostler)", first->backend_pid()));
    CHECK(unlock_tenant(*first, stage.database).ok());
    CHECK_FALSE(unlock_tenant(*first, stage.database).ok());
    CHECK(try_lock_tenant(*second, stage.database)->empty());
    CHECK(unlock_tenant(*second, stage.database).ok());
    {
      const auto third = stage.session("ostler", SqlAccess::read_write, "ostler-third");
      CHECK(try_lock_tenant(*third, stage.database)->empty());
      CHECK(*terminate_backends(query_of(*second), "ostler-third") == 1);
      CHECK_FALSE(third->run("SELECT pg_current_wal_lsn()").ok());
    }
    CHECK(try_lock_tenant(*second, stage.database)->empty());
  });
}

TEST_CASE("checks see a primary whose sessions they may watch", "[lab][tenants]") {
  on_tenants([](TenantStage& stage) {
    CHECK(stage.text("SELECT pg_is_in_recovery(), current_setting('server_version'), "
                     "pg_has_role(current_user, 'pg_monitor', 'member') OR (SELECT rolsuper FROM "
                     "pg_roles WHERE rolname = current_user)") == "f");
    CHECK(stage.text("SELECT pg_has_role(current_user, 'pg_monitor', 'member') OR (SELECT rolsuper "
                     "FROM pg_roles WHERE rolname = current_user)") == "t");
    CHECK(stage.text("SELECT count(*) FILTER (WHERE state = 'streaming'), "
                     "coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)), 0)::bigint "
                     "FROM pg_stat_replication") == "1");
    const auto session = stage.session("ostler", SqlAccess::read_only);
    const auto powerful = ask_list(
        query_of(*session),
        "SELECT d.datname, r.rolname, r.rolcreatedb, r.rolsuper FROM pg_database d JOIN pg_roles r "
        "ON r.oid = d.datdba WHERE r.rolcreatedb OR r.rolsuper");
    REQUIRE(powerful.ok());
    CHECK(std::count(powerful->begin(), powerful->end(), "alma") == 0);
    CHECK(std::count(powerful->begin(), powerful->end(), "postgres") == 1);
    CHECK(stage.text("select count(*) from sale_order where state = 'broken'") == "0");
    stage.database = "saas";
    CHECK(stage.text("select name from saas.tenant where pool = 'a' order by name") == "alma");
    CHECK(stage.text("SELECT to_regclass('public.ir_module_module') IS NOT NULL") == "f");
  });
}
