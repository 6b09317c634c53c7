// Step kinds on the lab and on the real stack, in a namespace and in databases of their own: what
// they say they did must be there.
#include "tests/contract/shop.hpp"
#include "tests/contract/stack.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/systems/odoo.hpp"
#include "ostler/systems/tenant.hpp"

#include <algorithm>

using namespace ostler;

namespace {

Json update_parameters(const Shop& shop, const std::string& tag) {
  return {{"namespace", shop.name_space},
          {"web_workload", "odoo-web"},
          {"image", shop.image(tag)},
          {"server", "main"},
          {"database", shop.database},
          {"modules", {"sale_omni", "pos_retail"}},
          {"expected", {{"sale_omni", "18.0.2.0"}, {"pos_retail", "18.0.2.0"}}},
          {"deadline_s", 120}};
}

Json canary_parameters(const Shop& shop, const std::string& tag) {
  return {{"namespace", shop.name_space},  {"web_workload", "odoo-web"},
          {"workload", "odoo-web-canary"}, {"stable_service", "odoo-web"},
          {"service", "odoo-web-canary"},  {"port", 8069},
          {"image", shop.image(tag)},      {"replicas", 1}};
}

}  // namespace

TEST_CASE("sql.expand adds, repeats and takes back", "[steps][Shop][SqlTenantDatabases]") {
  over_shops([](Shop& shop) {
    const std::string text = "ALTER TABLE sale_order ADD COLUMN contract_channel text;";
    const Json files = Json::array(
        {{{"version", "0001"},
          {"name", "0001_channel"},
          {"text", text},
          {"checksum", sha256_hex(text)},
          {"undo_text", "ALTER TABLE sale_order DROP COLUMN contract_channel;"}},
         {{"version", "0002"},
          {"name", "0002_index"},
          {"text",
           "CREATE INDEX CONCURRENTLY contract_channel_index ON sale_order (contract_channel);"},
          {"checksum", "two"},
          {"undo_text", "DROP INDEX CONCURRENTLY contract_channel_index;"}}});
    Driven step(shop, "sql.expand",
                {{"server", "main"}, {"database", shop.database}, {"files", files}});
    const std::vector<std::string> tables = shop.tenant().tables();

    step.require_ok(step.apply());
    CHECK(step.state() == TargetState::applied);
    CHECK(shop.tenant().has_column("contract_channel"));
    CHECK(shop.tenant().owner_of("ostler_migration") == "odoo");
    step.require_ok(step.apply());

    step.require_ok(step.revert());
    CHECK(step.state() == TargetState::before);
    CHECK_FALSE(shop.tenant().has_column("contract_channel"));
    CHECK(shop.tenant().tables() == tables);
    CHECK(shop.tenant().advisory_locks() == 0);
  });
}

TEST_CASE("odoo.update updates the shop's modules and its undo lets the old version go on",
          "[steps][Shop][SqlTenantDatabases]") {
  over_shops([](Shop& shop) {
    shop.add_web_description();
    Driven step(shop, "odoo.update", update_parameters(shop, "2"));
    CHECK(step.first == TargetState::before);
    const std::int64_t counter = shop.tenant().registry_counter();

    step.require_ok(step.apply());
    CHECK(step.state() == TargetState::applied);
    for (const char* module : {"sale_omni", "pos_retail"})
      CHECK(shop.tenant().version_of(module) == "18.0.2.0");
    CHECK_FALSE(shop.tenant().version_of("ostler_guard").has_value());
    CHECK(shop.tenant().rows_of("ostler_update") == 1);
    step.require_ok(step.apply());

    step.require_ok(step.revert());
    CHECK(step.attempt->noted("modules stay at their new version"));
    CHECK(shop.tenant().registry_counter() > counter);
    CHECK_FALSE(shop.tenant().has_table("ostler_update"));
    const auto jobs = shop.systems.kubernetes().list(job_ref(shop.name_space, ""), {});
    REQUIRE(jobs.ok());
    CHECK(jobs->empty());
  });
}

TEST_CASE("odoo.update says how far an update came that fails half-way",
          "[steps][Shop][SqlTenantDatabases]") {
  over_shops([](Shop& shop) {
    shop.add_web_description();
    Driven step(shop, "odoo.update", update_parameters(shop, "2-halfway"));
    const auto done = step.apply();
    REQUIRE_FALSE(done.ok());
    INFO(done.failure().message);
    CHECK(done.failure().kind == FailureKind::permanent);
    CHECK(done.failure().message.find("exit code 255") != std::string::npos);
    CHECK(done.failure().message.find("Close the session of Till 1") != std::string::npos);
    CHECK(done.failure().message.find("ended in module pos_retail") != std::string::npos);
    CHECK(step.state() == TargetState::partial);
    step.require_ok(step.revert());
    CHECK(step.state() == TargetState::partial);
    step.require_ok(step.revert());
  });
}

TEST_CASE(
    "odoo.update keeps columns that the new version no longer declares and relaxes what the old "
    "one cannot fill",
    "[steps][Shop][SqlTenantDatabases]") {
  over_shops([](Shop& shop) {
    shop.add_web_description();
    const std::vector<std::string> before = shop.tenant().columns();
    Driven step(shop, "odoo.update", update_parameters(shop, "2-contract"));
    step.require_ok(step.apply());
    const std::vector<std::string> now = shop.tenant().columns();
    REQUIRE_FALSE(before.empty());
    for (const std::string& column : before) {
      INFO(column);
      CHECK(std::find(now.begin(), now.end(), column) != now.end());
    }
    Json facts = *schema_facts(query_of(shop.systems.looks().postgres("main"), shop.database));
    CHECK(new_not_nulls(step.before["schema"], facts).empty());
    step.require_ok(step.revert());
  });
}

TEST_CASE("odoo.update ends a run that holds others up, and its undo ends one that still works",
          "[steps][Shop][SqlTenantDatabases]") {
  over_shops([](Shop& shop) {
    shop.add_web_description();
    Driven step(shop, "odoo.update", update_parameters(shop, "2-long"));
    const auto done = step.apply(Milliseconds{8000});
    REQUIRE_FALSE(done.ok());
    CHECK(done.failure().kind == FailureKind::timeout);
    CHECK(step.state() == TargetState::partial);
    step.require_ok(step.revert());
    CHECK(shop.tenant().sessions_of("odoo-mig-") == 0);
  });
}

TEST_CASE("a canary takes its share on every proxy and leaves without a failed request",
          "[steps][Shop][SqlTenantDatabases]") {
  over_shops([](Shop& shop) {
    shop.add_web();
    const ObjectRef route = traefik_service_ref(shop.name_space, "odoo-web");
    const ObjectRef web = deployment_ref(shop.name_space, "odoo-web");
    const Json route_before = shop.object(route), web_before = shop.object(web);
    REQUIRE(eventually(shop.systems.time(), [&] {
      const auto proxies = shop.systems.traefik().proxies();
      for (const auto& loaded :
           shop.systems.traefik().loaded(*proxies, shop.name_space, "odoo-web"))
        if (!loaded.ok() || !loaded->found) return false;
      return true;
    }));
    const auto visitors = shop.visitors();
    Driven start(shop, "canary.start", canary_parameters(shop, "2"));
    start.require_ok(start.apply());
    CHECK(start.state() == TargetState::applied);

    const Json children =
        Json::array({{{"service", "odoo-web"}, {"port", 8069}, {"weight", 75}},
                     {{"service", "odoo-web-canary"}, {"port", 8069}, {"weight", 25}}});
    Driven weigh(shop, "traffic.weigh",
                 {{"namespace", shop.name_space}, {"route", "odoo-web"}, {"children", children}});
    weigh.require_ok(weigh.apply());
    CHECK(weigh.state() == TargetState::applied);
    CHECK(weigh.attempt->noted("fits the weights"));

    Driven scale(
        shop, "canary.scale",
        {{"namespace", shop.name_space}, {"workload", "odoo-web-canary"}, {"replicas", 2}});
    scale.require_ok(scale.apply());
    CHECK(scale.state() == TargetState::applied);

    Driven stop(shop, "canary.stop",
                {{"namespace", shop.name_space},
                 {"workload", "odoo-web-canary"},
                 {"service", "odoo-web-canary"}});
    const auto refused = stop.apply();
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.failure().code == "routed");

    weigh.require_ok(weigh.revert());
    CHECK(weigh.state() == TargetState::before);
    CHECK(Json::diff(route_before, shop.object(route)).dump() == "[]");
    stop.require_ok(stop.apply());
    CHECK(stop.state() == TargetState::applied);
    stop.require_ok(stop.revert());
    CHECK(stop.state() == TargetState::before);
    start.require_ok(start.revert());
    CHECK(start.state() == TargetState::before);

    Driven roll(
        shop, "workload.roll",
        {{"namespace", shop.name_space}, {"workload", "odoo-web"}, {"image", shop.image("2")}});
    roll.require_ok(roll.apply());
    CHECK(roll.state() == TargetState::applied);
    roll.require_ok(roll.revert());
    CHECK(Json::diff(web_before, shop.object(web)).dump() == "[]");
    CHECK(visitors->asked() > 500);
    CHECK(visitors->failed() == 0);
  });
}

TEST_CASE("a canary that crashes at start is seen at once, with what it said",
          "[steps][Shop][SqlTenantDatabases]") {
  over_shops([](Shop& shop) {
    shop.add_web();
    Driven start(shop, "canary.start", canary_parameters(shop, "2-crash"));
    const BootTime began = shop.systems.time().boot();
    const auto done = start.apply();
    REQUIRE_FALSE(done.ok());
    CHECK(done.failure().kind == FailureKind::permanent);
    CHECK(done.failure().code == "NotStarting");
    CHECK(done.failure().message.find("its last lines") != std::string::npos);
    CHECK(shop.systems.time().boot() - began < std::chrono::seconds{15});
    start.require_ok(start.revert());
    CHECK(start.state() == TargetState::before);
  });
}
