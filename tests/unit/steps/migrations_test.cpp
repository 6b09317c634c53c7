// sql.expand and odoo.update.
#include "tests/fakes/driven_step.hpp"

namespace ostler {
namespace {

Json file(const char* version, const char* text, const char* undo = nullptr) {
  Json one{{"version", version},
           {"name", std::string(version) + "_x"},
           {"text", text},
           {"checksum", "c"}};
  if (undo != nullptr) one["undo_text"] = undo;
  return one;
}
Json expand(const std::vector<Json>& files) {
  return {{"server", "main"}, {"database", "shop_a"}, {"files", files}};
}

constexpr const char* add_column = "ALTER TABLE sale_order ADD COLUMN channel text;";
constexpr const char* drop_column = "ALTER TABLE sale_order DROP COLUMN channel;";

Json update() {
  return {{"namespace", ShopWorld::name_space},
          {"web_workload", "odoo-web"},
          {"image", ShopWorld::new_image},
          {"server", "main"},
          {"database", "shop_a"},
          {"modules", {"sale_omni", "pos_retail"}},
          {"expected", {{"sale_omni", "18.0.2.0"}, {"pos_retail", "18.0.2.0"}}},
          {"deadline_s", 600}};
}

std::string line(const char* level, const char* logger, const std::string& text) {
  return std::string("2026-11-25 04:00:06,123 7 ") + level + " shop_a " + logger + ": " + text +
         " \n";
}

}  // namespace

TEST_CASE("a file that takes something away is no expansion", "[sql.expand]") {
  for (const char* text : {drop_column, "UPDATE sale_order SET channel = 'web';",
                           "CREATE INDEX i ON sale_order (channel);"}) {
    const auto made = find_step_kind("sql.expand")->make(expand({file("1", text)}));
    REQUIRE_FALSE(made.ok());
    CHECK(made.failure().message.find("1_x line 1") != std::string::npos);
  }
}

TEST_CASE("a lock that somebody holds is waited for in short tries", "[sql.expand]") {
  ShopWorld world;
  DrivenStep step(world, "sql.expand", expand({file("1", add_column, drop_column)}));
  world.tenant.lock_timeouts = 3;
  step.require_ok(step.apply());
  CHECK(world.systems.time.boot() == Milliseconds{500 + 1000 + 2000});
  CHECK(world.systems.main.server->count("SET LOCAL lock_timeout = '200ms'") ==
        2);  // the ledger's and the first try
  CHECK(world.systems.main.server->count("SET LOCAL lock_timeout = '1600ms'") == 1);
  CHECK(world.systems.main.server->count("SET LOCAL ROLE odoo") > 0);
}

TEST_CASE("a lock that is never given ends at the deadline, with nothing changed", "[sql.expand]") {
  ShopWorld world;
  DrivenStep step(world, "sql.expand", expand({file("1", add_column, drop_column)}));
  world.tenant.lock_timeouts = 1000;
  const auto done = step.apply(Milliseconds{60000});
  CHECK(done.failure().kind == FailureKind::timeout);
  CHECK(done.failure().code == "55P03");
  CHECK(world.tenant.state.migrations.empty());
  CHECK(world.tenant.held_locks == 0);
}

TEST_CASE("a tenant that somebody migrates is waited for and its holder named", "[sql.expand]") {
  ShopWorld world;
  DrivenStep step(world, "sql.expand", expand({file("1", add_column)}));
  world.tenant.locked_by = "click-odoo-update";
  CHECK(step.apply(Milliseconds{3000}).failure().kind == FailureKind::timeout);
  CHECK(step.attempt->shown.back().find("click-odoo-update") != std::string::npos);
}

TEST_CASE("a file that was applied with another text is refused", "[sql.expand]") {
  ShopWorld world;
  world.tenant.state.ledger = true;
  world.tenant.state.migrations["1"] = "other";
  DrivenStep step(world, "sql.expand", expand({file("1", add_column)}));
  const auto done = step.apply();
  CHECK(done.failure().kind == FailureKind::refused);
  CHECK(done.failure().code == "diverged");
  CHECK(world.tenant.writes == 0);
}

TEST_CASE("a file that a former release applied is not undone", "[sql.expand]") {
  ShopWorld world;
  world.tenant.state.ledger = true;
  world.tenant.state.migrations["1"] = "c";
  world.tenant.state.columns.insert("sale_order.channel");
  DrivenStep step(world, "sql.expand",
                  expand({file("1", add_column, drop_column),
                          file("2", "ALTER TABLE sale_order ADD COLUMN more text;",
                               "ALTER TABLE sale_order DROP COLUMN more;")}));
  step.require_ok(step.apply());
  step.require_ok(step.revert());
  CHECK(world.tenant.state.columns.count("sale_order.channel") == 1);
  CHECK(world.tenant.state.columns.count("sale_order.more") == 0);
  CHECK(world.tenant.state.ledger);
}

TEST_CASE("a file without an undo stays and is named", "[sql.expand]") {
  ShopWorld world;
  DrivenStep step(world, "sql.expand", expand({file("1", add_column)}));
  step.require_ok(step.apply());
  step.require_ok(step.revert());
  CHECK(step.attempt->noted("migration 1_x in shop_a stays"));
  CHECK(world.tenant.state.migrations.count("1") == 1);
}

TEST_CASE("an invalid index that an earlier attempt left is built anew", "[sql.expand]") {
  ShopWorld world;
  world.tenant.state.invalid_indexes = {"channel_index"};
  DrivenStep step(
      world, "sql.expand",
      expand({file("1", "CREATE INDEX CONCURRENTLY channel_index ON sale_order (amount);")}));
  step.require_ok(step.apply());
  CHECK(world.tenant.state.invalid_indexes.empty());
  CHECK(world.tenant.state.indexes.count("channel_index") == 1);
  CHECK(world.systems.main.server->count("SET lock_timeout = 0") == 1);
}

TEST_CASE("what the server says it did and the catalog does not have is a failure",
          "[sql.expand]") {
  ShopWorld world;
  DrivenStep step(world, "sql.expand", expand({file("1", add_column)}));
  world.systems.main.server->on_rows("FROM pg_attribute", {{"0"}});
  const auto done = step.apply();
  CHECK(done.failure().kind == FailureKind::permanent);
  CHECK(done.failure().message.find("lacks sale_order.channel") != std::string::npos);
}

TEST_CASE("an update leaves nothing of the guard in the tenant and lets old code insert",
          "[odoo.update]") {
  ShopWorld world;
  DrivenStep step(world, "odoo.update", update());
  step.require_ok(step.apply());
  CHECK_FALSE(world.tenant.state.guard_row);
  CHECK(world.tenant.state.not_null == std::set<std::string>{"sale_order.amount"});
  CHECK(step.attempt->noted(
      "made nullable for the old version, to be tightened by a later release: sale_order.omni"));
  CHECK(step.attempt->noted("pos_order.note"));
  CHECK(world.systems.cluster.objects("Job", ShopWorld::name_space).size() == 1);
}

TEST_CASE("a failed update says where it ended and what is migrated", "[odoo.update]") {
  ShopWorld world;
  world.update_works = false;
  world.update_end = {
      255, line("INFO", "odoo.modules.loading", "Loading module sale_omni (2/3)") +
               line("INFO", "odoo.modules.loading", "Loading module pos_retail (3/3)") +
               line("CRITICAL", "odoo.service.server", "Failed to initialize database `shop_a`.") +
               "Traceback (most recent call last):\n  File \"x\"\nUserError: Close the session.\n"};
  DrivenStep step(world, "odoo.update", update());
  const auto done = step.apply();
  REQUIRE_FALSE(done.ok());
  CHECK(done.failure().kind == FailureKind::permanent);
  CHECK(done.failure().message ==
        "the update of database shop_a failed with exit code 255: UserError: Close the session.; "
        "it ended in module "
        "pos_retail (3 of 3); migrated before it: sale_omni");
  CHECK(step.attempt->noted("log of the update"));
  // The versions say nothing, so a Job of ours means that looking at them does not settle it.
  CHECK(step.look().state == TargetState::partial);
}

TEST_CASE("an exit code of 0 alone proves nothing", "[odoo.update]") {
  ShopWorld world;
  world.update_end = {0, line("INFO", "odoo.modules.loading", "Modules loaded.") +
                             line("INFO", "odoo.modules.registry", "Registry loaded in 1s")};
  DrivenStep step(world, "odoo.update", update());
  const auto done = step.apply();
  CHECK(done.failure().code == "proof");
  CHECK(done.failure().message.find("no line that loads module sale_omni") != std::string::npos);
  CHECK(world.tenant.state.updates.empty());
}

TEST_CASE("modules that are not installed are refused, since Odoo skips them without a word",
          "[odoo.update]") {
  ShopWorld world;
  world.tenant.state.versions.erase("pos_retail");
  DrivenStep step(world, "odoo.update", update());
  const auto done = step.apply();
  CHECK(done.failure().kind == FailureKind::refused);
  CHECK(done.failure().message == "modules not installed in database shop_a: pos_retail");
  CHECK(world.systems.cluster.writes.empty());
}

TEST_CASE("an update that holds others up is cancelled and the whole list run again",
          "[odoo.update]") {
  ShopWorld world;
  world.systems.controllers.job_looks = 4;
  DrivenStep step(world, "odoo.update", update());
  int runs = 0;
  SECTION("once") {
    world.tenant.blocking = {{"4242", "3", "5.5"}};
    world.systems.controllers.run_job = [&](const Json& job) {
      // The first run is cancelled and still ends with exit code 0, as Odoo's may.
      CHECK(job["spec"]["template"]["spec"]["containers"][0]["args"][3] == "sale_omni,pos_retail");
      ++runs;
      return world.run_update();
    };
    step.require_ok(step.apply());
    CHECK(runs == 2);
    CHECK(world.tenant.cancelled == std::vector<std::string>{"4242"});
    CHECK(step.attempt->noted("3 others waited up to 5.5 s"));
  }
  SECTION("a short wait is nothing") {
    world.tenant.blocking = {{"4242", "3", "4.9"}};
    step.require_ok(step.apply());
    CHECK(world.tenant.cancelled.empty());
  }
  SECTION("three times at most") {
    world.systems.controllers.run_job = [&](const Json&) {
      ++runs;
      return world.run_update();
    };
    world.systems.cluster.on_look([&](FakeKubernetes&, const ObjectRef& ref) {
      if (ref.kind == "Job") world.tenant.blocking = {{"4242", "1", "9"}};
    });
    const auto done = step.apply();
    CHECK(done.failure().code == "proof");
    CHECK(done.failure().message.find("the lock watcher cancelled") != std::string::npos);
    CHECK(runs == 3);
  }
}

TEST_CASE("two updates of one database never run at once", "[odoo.update]") {
  ShopWorld world;
  world.systems.controllers.job_looks = 1000;
  Json job{{"apiVersion", "batch/v1"}, {"kind", "Job"}};
  job["metadata"] = {{"name", "other"},
                     {"namespace", ShopWorld::name_space},
                     {"labels", {{"ostler.dev/update", "shop-a"}}},
                     {"annotations", {{"ostler.dev/run", "r9"}, {"ostler.dev/key", "feed"}}}};
  job["spec"]["template"]["spec"]["containers"] = Json::array({{{"name", "odoo"}}});
  SECTION("of another run") {
    world.systems.cluster.put(job);
    DrivenStep step(world, "odoo.update", update());
    CHECK(step.apply().failure().code == "busy");
    CHECK(world.systems.cluster.writes.empty());
  }
}

TEST_CASE("a Job of this run that still works is waited for, not doubled", "[odoo.update]") {
  ShopWorld world;
  world.systems.controllers.job_looks = 1000;
  DrivenStep step(world, "odoo.update", update());
  CHECK(step.apply(Milliseconds{5000}).failure().kind == FailureKind::timeout);
  CHECK(step.look().state == TargetState::partial);
  world.systems.controllers.job_looks = 1;
  step.require_ok(step.apply());
  CHECK(world.systems.cluster.objects("Job", ShopWorld::name_space).size() == 1);
}

TEST_CASE("undo of a running update ends its backends before its Pod", "[odoo.update]") {
  ShopWorld world;
  world.systems.controllers.job_looks = 1000;
  const Json stood = world.view();
  DrivenStep step(world, "odoo.update", update());
  CHECK(step.apply(Milliseconds{5000}).failure().kind == FailureKind::timeout);
  step.require_ok(step.revert());
  REQUIRE_FALSE(world.tenant.terminated.empty());
  CHECK(world.tenant.terminated.front().rfind("odoo-mig-", 0) == 0);
  CHECK(Json::diff(stood, world.view()).dump() == "[]");
}

TEST_CASE("modules in transit are put back only when the schema is unchanged", "[odoo.update]") {
  ShopWorld world;
  world.update_works = false;
  world.update_end = {137, ""};
  DrivenStep step(world, "odoo.update", update());
  REQUIRE_FALSE(step.apply().ok());
  world.tenant.state.transit["sale_omni"] = "to upgrade";
  SECTION("unchanged") {
    step.require_ok(step.revert());
    CHECK(world.tenant.state.transit.empty());
  }
  SECTION("changed") {
    world.tenant.state.columns.insert("sale_order.omni");
    const int counter = world.tenant.state.counter;
    step.require_ok(step.revert());
    CHECK(world.tenant.state.transit.size() == 1);
    CHECK(step.attempt->noted("left in transit"));
    CHECK(world.tenant.state.counter == counter + 1);
  }
}

TEST_CASE("undo tells the workers and names what stays", "[odoo.update]") {
  ShopWorld world;
  DrivenStep step(world, "odoo.update", update());
  step.require_ok(step.apply());
  const int counter = world.tenant.state.counter;
  step.require_ok(step.revert());
  CHECK(world.tenant.state.counter == counter + 1);
  CHECK(step.attempt->noted(
      "modules stay at their new version: pos_retail 18.0.2.0, sale_omni 18.0.2.0"));
  CHECK(step.attempt->noted("new columns stay"));
  CHECK(world.tenant.state.versions.at("sale_omni") == "18.0.2.0");
}

}  // namespace ostler
