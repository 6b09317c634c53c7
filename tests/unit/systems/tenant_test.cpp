#include "ostler/systems/tenant.hpp"

#include "tests/fakes/fake_sql.hpp"
#include "tests/fakes/fake_tenant.hpp"

#include <catch2/catch.hpp>

namespace ostler {

TEST_CASE("the lock that click-odoo-update takes has a key everybody can compute", "[tenant]") {
  CHECK(click_odoo_lock_key("tenant_a") == 8311711376903199);
  CHECK(click_odoo_lock_key("shop42") == 43728635026616683);
}

TEST_CASE("an array parameter holds any text", "[tenant]") {
  CHECK(array_text({}) == "{}");
  CHECK(array_text({"a", "b,c", "d\"e", "f\\g"}) == R"({"a","b,c","d\"e","f\\g"})");
}

TEST_CASE("a tenant's lock is taken as a whole or not at all", "[tenant]") {
  FakePostgres server;
  FakeTenant tenant(*server.server);
  auto session = server.session("shop_a", "ostler");
  REQUIRE(session.ok());
  SECTION("free") {
    CHECK((*try_lock_tenant(**session, "shop_a")).empty());
    CHECK(tenant.held_locks == 2);
    CHECK(unlock_tenant(**session, "shop_a").ok());
    CHECK(tenant.held_locks == 0);
  }
  SECTION("held by somebody") {
    tenant.locked_by = "click-odoo-update";
    CHECK((*try_lock_tenant(**session, "shop_a")).find("click-odoo-update") != std::string::npos);
    CHECK(tenant.held_locks == 0);
  }
  SECTION("lost, since a pooler swapped the connection") {
    const auto done = unlock_tenant(**session, "shop_a");
    REQUIRE_FALSE(done.ok());
    CHECK(done.failure().code == "pooler");
  }
}

TEST_CASE("only columns of tables from before count as newly NOT NULL", "[tenant]") {
  const Json before{{"tables", {"sale", "stock.move"}}, {"not_null", {"sale.name"}}};
  const Json now{{"tables", {"sale", "pos"}},
                 {"not_null", {"pos.name", "sale.channel", "sale.name"}}};
  CHECK(new_not_nulls(before, now) == std::vector<std::string>{"sale.channel"});
}

}  // namespace ostler
