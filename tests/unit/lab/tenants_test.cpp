// Tenants, real and modelled: orders by version, and updates as ostler proves them.
#include "tests/unit/lab/tenant_stage.hpp"

#include "ostler/base/text.hpp"

#include <catch2/catch.hpp>

using namespace ostler;
using namespace ostler::lab;
using namespace std::chrono_literals;

namespace {

constexpr const char* one = "11111111-0000-4000-8000-000000000001";
constexpr const char* two = "11111111-0000-4000-8000-000000000002";
constexpr const char* three = "11111111-0000-4000-8000-000000000003";

Result<void> order(TenantStage& stage, const std::string& version, const std::string& uuid) {
  return stage.databases->take_order(stage.database, shop_code(version), uuid);
}

std::string code_of(const Result<void>& done) {
  return done.ok() ? "" : done.failure().code;
}

/// The proofs that ostler would find broken.
std::vector<std::string> judge(TenantStage& stage, const Json& before, const UpdateEnd& end) {
  UpdateProof proof;
  proof.before = before;
  proof.after = stage.facts();
  proof.expected = {{"sale_omni", "18.0.2.0"}, {"pos_retail", "18.0.2.0"}};
  proof.modules = {"sale_omni", "pos_retail"};
  proof.log = read_update_log(end.log);
  proof.exit_code = end.exit_code;
  return failed_proofs(proof);
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("orders of version 1 are taken once and found again", "[lab][tenants]") {
  on_tenants([](TenantStage& stage) {
    CHECK(stage.databases->has(stage.database));
    CHECK_FALSE(stage.databases->has("nobody"));
    const auto first = order(stage, "1", one);
    INFO((first.ok() ? "" : first.failure().message));
    CHECK(first.ok());
    CHECK(order(stage, "1", one).ok());
    const auto till = stage.databases->take_pos_order(stage.database, shop_code("1"), two);
    INFO((till.ok() ? "" : till.failure().message));
    CHECK(till.ok());
    CHECK(*stage.databases->missing_orders(stage.database, {one, two, three}) ==
          std::vector<std::string>{three});
    CHECK(stage.text("SELECT count(*) FROM sale_order") == "201");
    CHECK_FALSE(stage.databases->take_order("nobody", shop_code("1"), one).ok());
  });
}

TEST_CASE("code of version 2 cannot take orders before the update", "[lab][tenants]") {
  on_tenants([](TenantStage& stage) {
    const auto refused = order(stage, "2", one);
    CHECK(code_of(refused) == "42703");
    CHECK(holds(refused.failure().message, "does not exist"));
    CHECK(stage.databases->take_pos_order(stage.database, shop_code("2"), two).ok());
  });
}

TEST_CASE("an update to version 2 holds every proof, and both versions take orders",
          "[lab][tenants]") {
  on_tenants([](TenantStage& stage) {
    const Json before = stage.facts();
    const auto counter = *stage.databases->registry_counter(stage.database);
    CHECK(number_at(before, "/counter") == counter);
    const UpdateEnd end = run_update(stage, "2");
    INFO(end.log);
    CHECK(end.exit_code == 0);
    CHECK(judge(stage, before, end).empty());
    const UpdateLog log = read_update_log(end.log);
    CHECK(log.kept == std::vector<std::string>{"sale_order.gift_note"});
    REQUIRE(log.loading.size() == 2);
    CHECK(log.loading[0].number == 4);
    CHECK(log.loading[1].count == 5);
    CHECK(*stage.databases->registry_counter(stage.database) == counter + 1);
    CHECK(order(stage, "1", one).ok());
    CHECK(order(stage, "2", two).ok());
    CHECK(
        stage.text("SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum "
                   "> 0 AND NOT attisdropped AND attname IN ($2::text, lower($2::text))",
                   {"sale_order", "gift_note"}) == "1");
  });
}

TEST_CASE("an update again changes nothing but the counter", "[lab][tenants]") {
  on_tenants([](TenantStage& stage) {
    REQUIRE(run_update(stage, "2").exit_code == 0);
    Json before = stage.facts();
    REQUIRE(run_update(stage, "2").exit_code == 0);
    Json after = stage.facts();
    CHECK(number_at(after, "/counter") == number_at(before, "/counter") + 1);
    after["counter"] = before["counter"];
    CHECK(after == before);
  });
}

TEST_CASE("without the guard the removed column goes, and old code fails", "[lab][tenants]") {
  on_tenants([](TenantStage& stage) {
    const UpdateEnd end = run_update(stage, "2", nullptr, "sale_omni", "base,web");
    INFO(end.log);
    CHECK(end.exit_code == 0);
    CHECK(holds(end.log, "ir.model.fields (sale_omni.field_sale_order__gift_note)"));
    CHECK(code_of(order(stage, "1", one)) == "42703");
    CHECK(order(stage, "2", two).ok());
  });
}

TEST_CASE("an update that raises half-way leaves what Odoo leaves", "[lab][tenants]") {
  on_tenants([](TenantStage& stage) {
    const Json before = stage.facts();
    const UpdateEnd end = run_update(stage, "2-halfway");
    INFO(end.log);
    CHECK(end.exit_code == 255);
    const Json after = stage.facts();
    CHECK(after["versions"] == before["versions"]);
    CHECK(after["transitional"].empty());
    CHECK(after["counter"] == before["counter"]);
    CHECK_FALSE(same_schema(after["schema"], before["schema"]));
    CHECK(order(stage, "2", one).ok());  // migrated all the same
    CHECK(beyond(after["schema"]["tables"], before["schema"]["tables"]).empty());
    CHECK_FALSE(judge(stage, before, end).empty());
    CHECK(read_update_log(end.log).last_error ==
          "Exception: /mnt/extra-addons/pos_retail/migrations/18.0.2.0/post-tills.py: Close the "
          "session of Till 1 before the update.");
    CHECK(holds(end.log, "Transient module states were reset"));
    CHECK(run_update(stage, "2").exit_code == 0);
  });
}

TEST_CASE("a killed update leaves modules in transit", "[lab][tenants]") {
  on_tenants([](TenantStage& stage) {
    const Json before = stage.facts();
    const auto migrated = [](const std::string& log) {
      return holds(log, "Module sale_omni loaded");
    };
    CHECK_FALSE(run_update(stage, "2", migrated).exit_code);
    const Json after = stage.facts();
    CHECK(after["transitional"] == Json{"pos_retail to upgrade", "sale_omni to upgrade"});
    CHECK_FALSE(same_schema(after["schema"], before["schema"]));
    const UpdateEnd again = run_update(stage, "2");
    INFO(again.log);
    CHECK(judge(stage, before, again).empty());
  });
}

TEST_CASE("an update killed before its first commit leaves nothing", "[lab][tenants]") {
  on_tenants([](TenantStage& stage) {
    const Json before = stage.facts();
    const auto begun = [](const std::string& log) { return holds(log, "loading 5 modules"); };
    CHECK_FALSE(run_update(stage, "2", begun).exit_code);
    CHECK(stage.facts() == before);
  });
}

TEST_CASE("a long script keeps its transaction open", "[lab][tenants]") {
  on_tenants([](TenantStage& stage) {
    const Instant began = stage.world.now();
    const auto asleep = [&stage](const std::string& log) {
      if (holds(log, "post-recompute.py") && !holds(log, "Module pos_retail loaded")) {
        CHECK(order(stage, "1", one).ok());
        // The model lets a till wait out a lock that is younger than a second.
        stage.world.advance_to(stage.world.now() + 2s);
        CHECK(code_of(stage.databases->take_pos_order(stage.database, shop_code("1"), two)) ==
              "55P03");
      }
      return false;
    };
    const UpdateEnd end = run_update(stage, "2-long", asleep);
    INFO(end.log);
    CHECK(end.exit_code == 0);
    CHECK(stage.world.now() - began > 30s);
    CHECK(stage.databases->take_pos_order(stage.database, shop_code("1"), two).ok());
    CHECK(order(stage, "1", one).ok());
  });
}

TEST_CASE("a column that new code requires keeps old code from taking orders", "[lab][tenants]") {
  on_tenants([](TenantStage& stage) {
    const UpdateEnd end = run_update(stage, "2-contract");
    INFO(end.log);
    CHECK(end.exit_code == 0);
    CHECK(code_of(order(stage, "1", one)) == "23502");
    CHECK(code_of(order(stage, "2", one)) == "23502");
    CHECK(order(stage, "2-contract", one).ok());
    const auto session = stage.session("ostler");
    CHECK(relax_not_null(*session, "sale_order.fulfilment").ok());
    CHECK(order(stage, "1", two).ok());
  });
}

TEST_CASE("orders between the snapshot and the script leave a required column without a value",
          "[lab][tenants]") {
  on_tenants([](TenantStage& stage) {
    const Json before = stage.facts();
    bool taken = false;
    const auto meanwhile = [&](const std::string& log) {
      if (!taken && holds(log, "loading 5 modules")) taken = order(stage, "1", one).ok();
      return false;
    };
    const UpdateEnd end = run_update(stage, "2-contract", meanwhile);
    INFO(end.log);
    CHECK(taken);
    CHECK(end.exit_code == 0);
    CHECK(read_update_log(end.log).not_null_failed ==
          std::vector<std::string>{"sale_order.fulfilment"});
    CHECK(stage.facts()["required_nullable"] == Json{"sale_order.fulfilment"});
    CHECK_FALSE(judge(stage, before, end).empty());
  });
}

TEST_CASE("names that nobody knows are warned about, the guard's trace can be removed",
          "[lab][tenants]") {
  on_tenants([](TenantStage& stage) {
    const UpdateEnd end = run_update(stage, "2", nullptr, "sale_omni,nothing");
    INFO(end.log);
    CHECK(end.exit_code == 0);
    CHECK(read_update_log(end.log).troubles ==
          std::vector<std::string>{"odoo.modules.loading: invalid module names, ignored: nothing"});
    const char* trace = "SELECT id FROM ir_module_module WHERE name = $1 AND state <> 'installed'";
    CHECK_FALSE(stage.text(trace, {guard_module}).empty());
    const auto session = stage.session("ostler");
    CHECK(forget_guard_module(*session).ok());
    CHECK(stage.text(trace, {guard_module}).empty());
  });
}

TEST_CASE("an update whose backends are ended fails and resets its states", "[lab][tenants]") {
  on_tenants([](TenantStage& stage) {
    const Json before = stage.facts();
    const auto ended = [&stage](const std::string& log) {
      if (holds(log, "Module sale_omni loaded") && !holds(log, "Loading module pos_retail")) {
        const auto session = stage.session("ostler", SqlAccess::read_only);
        CHECK(*terminate_backends(query_of(*session), "odoo-mig-12345678-") == 1);
      }
      return false;
    };
    const UpdateEnd end = run_update(stage, "2", ended);
    INFO(end.log);
    CHECK(end.exit_code == 255);
    CHECK(stage.facts()["transitional"].empty());
    CHECK(stage.facts()["versions"] == before["versions"]);
  });
}

TEST_CASE("an update of a database that is not there fails", "[lab][tenants]") {
  on_tenants([](TenantStage& stage) {
    stage.database = "nobody";
    const UpdateEnd end = run_update(stage, "2");
    CHECK(end.exit_code == 255);
    CHECK(holds(end.log, "Failed to load registry"));
  });
}

TEST_CASE("the shop connects anew when its sessions were ended", "[lab][tenants]") {
  on_tenants([](TenantStage& stage) {
    REQUIRE(order(stage, "1", one).ok());
    const auto session = stage.session("ostler", SqlAccess::read_only);
    REQUIRE(terminate_backends(query_of(*session), "odoo-").ok());
    CHECK(order(stage, "1", two).ok());
    CHECK(stage.databases->missing_orders(stage.database, {one, two})->empty());
  });
}

TEST_CASE("a cron that runs keeps the update from its record", "[lab][tenants]") {
  on_tenants([](TenantStage& stage) {
    const auto let_go = stage.hold_cron("Omnichannel: collect orders of the marketplaces");
    const auto own = stage.session("ostler");
    CHECK(*locked_crons(*own) ==
          "1 crons running (Omnichannel: collect orders of the marketplaces)");
    const UpdateEnd end = run_update(stage, "2");
    CHECK(end.exit_code == 255);
    CHECK(holds(end.log, "odoo.tools.convert.ParseError"));
    CHECK(holds(end.log, "Record cannot be modified right now"));
    let_go();
    CHECK(locked_crons(*own)->empty());
    CHECK(run_update(stage, "2").exit_code == 0);
  });
}
