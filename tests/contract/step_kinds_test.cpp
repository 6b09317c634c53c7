// What every kind of step must do, run over all of them: read its parameters strictly, be described
// in the manual, tell the truth about its target, survive a crash at every write, and put
// everything back.
#include "tests/fakes/shop_world.hpp"

#include "ostler/base/file.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/systems/workload.hpp"

#include <catch2/catch.hpp>

#include <set>

namespace ostler {
namespace {

struct Scenario {
  const char* kind;
  std::function<void(ShopWorld&)> prepare;
  std::function<Json(const ShopWorld&)> parameters;
  bool undo_leaves = false;  ///< by design: what it made stays, and is noted
};

Json on_deployment(const char* name) {
  return {{"namespace", ShopWorld::name_space}, {"workload", name}};
}

std::vector<Scenario> scenarios() {
  const auto nothing = [](ShopWorld&) {};
  const auto fenced = [](ShopWorld& world) {
    for (const char* name : {"odoo-cron", "odoo-queue"})
      world.systems.cluster.edit(
          deployment_ref(ShopWorld::name_space, name),
          {{"spec", {{"replicas", 0}}},
           {"metadata",
            {{"annotations", {{"ostler.dev/fenced-replicas", "2"}, {"ostler.dev/run", "r1"}}}}}});
    world.settle();
  };
  return {
      {"image.copy", nothing,
       [](const ShopWorld& world) {
         return Json{{"from_registry", "staging"},
                     {"from_repository", "retail/odoo"},
                     {"to_registry", "production"},
                     {"to_repository", "retail/odoo"},
                     {"digest", world.image.descriptor.digest}};
       },
       true},
      {"image.tag",
       [](ShopWorld& world) {
         world.image = world.systems.production.add_image("retail/odoo", "", {"one"});
       },
       [](const ShopWorld& world) {
         return Json{{"registry", "production"},
                     {"repository", "retail/odoo"},
                     {"tag", "2026.11.2"},
                     {"digest", world.image.descriptor.digest}};
       },
       true},
      {"autoscaler.hold", nothing,
       [](const ShopWorld&) {
         return Json{{"namespace", ShopWorld::name_space}, {"name", "odoo-web"}};
       }},
      {"autoscaler.release",
       [](ShopWorld& world) {
         world.systems.cluster.edit(
             autoscaler_ref(ShopWorld::name_space, "odoo-web"),
             {{"spec",
               {{"minReplicas", 2}, {"behavior", {{"scaleDown", {{"selectPolicy", "Disabled"}}}}}}},
              {"metadata",
               {{"annotations",
                 {{"ostler.dev/run", "r1"},
                  {"ostler.dev/held", R"({"behavior":null,"minReplicas":1})"}}}}}});
       },
       [](const ShopWorld&) {
         return Json{{"namespace", ShopWorld::name_space}, {"name", "odoo-web"}};
       }},
      {"workers.fence",
       [](ShopWorld& world) {
         world.tenant.running_crons = {"Mail: send"};
         world.tenant.started_jobs = {"job-1"};
       },
       [](const ShopWorld&) {
         return Json{{"namespace", ShopWorld::name_space},
                     {"workloads", {"odoo-cron", "odoo-queue"}},
                     {"server", "main"},
                     {"tenants", {"shop_a"}}};
       }},
      {"workers.release", fenced,
       [](const ShopWorld&) {
         return Json{{"namespace", ShopWorld::name_space},
                     {"workloads", {"odoo-cron", "odoo-queue"}},
                     {"image", ShopWorld::new_image}};
       }},
      {"sql.expand", nothing,
       [](const ShopWorld&) {
         return Json{{"server", "main"},
                     {"database", "shop_a"},
                     {"files",
                      {{{"version", "0001"},
                        {"name", "0001_channel"},
                        {"text", "ALTER TABLE sale_order ADD COLUMN sales_channel text;"},
                        {"checksum", "c1"},
                        {"undo_text", "ALTER TABLE sale_order DROP COLUMN sales_channel;"}},
                       {{"version", "0002"},
                        {"name", "0002_index"},
                        {"text",
                         "CREATE INDEX CONCURRENTLY sale_order_channel_index ON sale_order "
                         "(sales_channel);"},
                        {"checksum", "c2"},
                        {"undo_text", "DROP INDEX CONCURRENTLY sale_order_channel_index;"}}}}};
       }},
      {"odoo.update", nothing,
       [](const ShopWorld&) {
         return Json{{"namespace", ShopWorld::name_space},
                     {"web_workload", "odoo-web"},
                     {"image", ShopWorld::new_image},
                     {"server", "main"},
                     {"database", "shop_a"},
                     {"modules", {"sale_omni", "pos_retail"}},
                     {"expected", {{"sale_omni", "18.0.2.0"}, {"pos_retail", "18.0.2.0"}}},
                     {"deadline_s", 600}};
       }},
      {"canary.start", nothing,
       [](const ShopWorld&) {
         return Json{{"namespace", ShopWorld::name_space}, {"web_workload", "odoo-web"},
                     {"workload", "odoo-web-canary"},      {"stable_service", "odoo-web"},
                     {"service", "odoo-web-canary"},       {"port", 8069},
                     {"image", ShopWorld::new_image},      {"replicas", 2}};
       }},
      {"canary.scale", [](ShopWorld& world) { world.add_canary(); },
       [](const ShopWorld&) {
         Json parameters = on_deployment("odoo-web-canary");
         parameters["replicas"] = 3;
         return parameters;
       }},
      {"canary.stop", [](ShopWorld& world) { world.add_canary(); },
       [](const ShopWorld&) {
         Json parameters = on_deployment("odoo-web-canary");
         parameters["service"] = "odoo-web-canary";
         return parameters;
       }},
      {"traffic.weigh", [](ShopWorld& world) { world.add_canary(); },
       [](const ShopWorld&) {
         return Json{{"namespace", ShopWorld::name_space},
                     {"route", "odoo-web"},
                     {"children",
                      {{{"service", "odoo-web"}, {"port", 8069}, {"weight", 75}},
                       {{"service", "odoo-web-canary"}, {"port", 8069}, {"weight", 25}}}}};
       }},
      {"workload.roll", nothing,
       [](const ShopWorld&) {
         Json parameters = on_deployment("odoo-web");
         parameters["image"] = ShopWorld::new_image;
         return parameters;
       }},
      {"record.publish", nothing,
       [](const ShopWorld&) {
         return Json{{"bucket", "records"},
                     {"key", "canary/2026.11.2.json"},
                     {"release", "2026.11.2"},
                     {"plan_summary", {{"steps", 3}}}};
       },
       true},
  };
}

/// One step in its own world, as the executor handles it.
struct Bench {
  explicit Bench(const Scenario& scenario) {
    // Slow enough that a step which does not wait is found out.
    world.systems.controllers.deployment_looks = 3;
    world.systems.controllers.job_looks = 3;
    world.systems.proxies.looks_to_load = 2;
    world.systems.proxies.requests_per_look = 40;
    scenario.prepare(world);
    world.settle();
    auto made = find_step_kind(scenario.kind)->make(scenario.parameters(world));
    REQUIRE(made.ok());
    step = std::move(made).value();
    guard = guard_of(scenario.kind);
    stood = world.view();
    const auto seen = step->observe(world.systems.looks(), nullptr);
    REQUIRE(seen.ok());
    CHECK(seen->state == TargetState::before);
    before = seen->snapshot;
  }
  Result<void> apply() {
    FakeAttempt attempt(world.systems.time);
    return step->apply(world.systems, before, guard, attempt);
  }
  Result<void> revert() {
    FakeAttempt attempt(world.systems.time);
    const auto done = step->revert(world.systems, before, guard_of(step_name, 2), attempt);
    notes = attempt.notes.size();
    return done;
  }
  TargetState state() {
    const auto seen = step->observe(world.systems.looks(), &before);
    INFO((seen.ok() ? "" : seen.failure().message));
    REQUIRE(seen.ok());
    return seen->state;
  }

  ShopWorld world;
  std::unique_ptr<Step> step;
  std::string step_name = "undo";
  Guard guard;
  Json before, stood;
  std::size_t notes = 0;
};

/// What undo of odoo.update leaves on purpose: the data of the new version, at which the old one
/// does not look.
Json comparable(const char* kind, Json view) {
  if (std::string(kind) != "odoo.update") return view;
  for (const char* name : {"columns", "versions", "counter"}) view["tenant"].erase(name);
  return view;
}

void require_put_back(const Scenario& scenario, Bench& bench) {
  const auto reverted = bench.revert();
  INFO((reverted.ok() ? "" : reverted.failure().message));
  REQUIRE(reverted.ok());
  CHECK(bench.world.tenant.surprises.empty());
  CHECK(bench.world.tenant.held_locks == 0);
  CHECK(Json::diff(comparable(scenario.kind, bench.stood),
                   comparable(scenario.kind, bench.world.view()))
            .dump(1) == "[]");
}

}  // namespace

TEST_CASE("every kind of step has a scenario, and every scenario a kind", "[steps]") {
  std::set<std::string> known, tried;
  for (const StepKind* kind : step_kinds()) known.insert(kind->name);
  for (const Scenario& scenario : scenarios()) tried.insert(scenario.kind);
  CHECK(known == tried);
  CHECK(step_kinds().size() == 14);
  CHECK(find_step_kind("no.such") == nullptr);
}

TEST_CASE("a kind says what it is and reads its parameters strictly", "[steps]") {
  static const std::set<std::string> phases{"prepare", "promote", "migrate", "shift", "finish"};
  for (const StepKind* kind : step_kinds()) {
    DYNAMIC_SECTION(kind->name) {
      CHECK(phases.count(kind->phase) == 1);
      CHECK(std::string(kind->summary).size() > 20);
      CHECK(std::string(kind->undo).size() > 20);
      CHECK(kind->budget.count() > 0);
      CHECK(kind->traffic == (std::string(kind->name) == "traffic.weigh"));
      const Json example = Json::parse(kind->example);
      REQUIRE(kind->make(example).ok());

      Json unknown = example;
      unknown["colour"] = "blue";
      const auto refused = kind->make(unknown);
      REQUIRE_FALSE(refused.ok());
      CHECK(refused.failure().message.find("'colour'") != std::string::npos);

      for (const auto& [name, value] : example.items()) {
        Json missing = example;
        missing.erase(name);
        const auto without = kind->make(missing);
        REQUIRE_FALSE(without.ok());
        CHECK(without.failure().message.find("'" + name + "'") != std::string::npos);

        if (name == "plan_summary") continue;  // any JSON
        Json ill = example;
        ill[name] = value.is_boolean() ? Json(1) : Json(true);
        const auto mistyped = kind->make(ill);
        REQUIRE_FALSE(mistyped.ok());
        CHECK(mistyped.failure().message.find("'" + name + "'") != std::string::npos);
      }
      CHECK_FALSE(kind->make(Json::array()).ok());
    }
  }
}

TEST_CASE("the manual describes every kind with each of its parameters", "[steps]") {
  const auto page = read_file(OSTLER_SOURCE_DIR "/man/ostler-steps.7.scd");
  REQUIRE(page.ok());
  for (const StepKind* kind : step_kinds()) {
    DYNAMIC_SECTION(kind->name) {
      const std::string heading = std::string("\n## ") + kind->name + "\n";
      const auto from = page->find(heading);
      REQUIRE(from != std::string::npos);
      const std::string section = page->substr(
          from + heading.size(), page->find("\n## ", from + 3) - from - heading.size());
      const Json example = Json::parse(kind->example);
      for (const auto& [name, unused] : example.items()) {
        INFO(name);
        CHECK(section.find("*" + name + "*") != std::string::npos);
      }
      CHECK(section.find(std::string("Recovery class: ") +
                         std::string(to_string(kind->recovery))) != std::string::npos);
      for (const char* part : {"Undo:", "Waits for:", "Can go wrong:"})
        CHECK(section.find(part) != std::string::npos);
    }
  }
}

TEST_CASE("apply brings the target there, twice is harmless, revert puts it back", "[steps]") {
  for (const Scenario& scenario : scenarios()) {
    DYNAMIC_SECTION(scenario.kind) {
      Bench bench(scenario);
      CHECK(bench.state() == TargetState::before);
      const auto applied = bench.apply();
      INFO((applied.ok() ? "" : applied.failure().message));
      REQUIRE(applied.ok());
      CHECK(bench.state() == TargetState::applied);
      CHECK(bench.world.tenant.held_locks == 0);
      CHECK(bench.before.dump().find("geheim-0815") == std::string::npos);

      const Json once = bench.world.view();
      REQUIRE(bench.apply().ok());
      CHECK(Json::diff(once, bench.world.view()).dump() == "[]");

      if (scenario.undo_leaves) {
        REQUIRE(bench.revert().ok());
        CHECK(bench.notes == 1);
        return;
      }
      require_put_back(scenario, bench);
      CHECK(bench.state() != TargetState::applied);
      require_put_back(scenario, bench);
    }
  }
}

TEST_CASE("revert without apply changes nothing, and touches so that no late apply lands",
          "[steps]") {
  for (const Scenario& scenario : scenarios()) {
    DYNAMIC_SECTION(scenario.kind) {
      Bench bench(scenario);
      require_put_back(scenario, bench);
      for (const auto& write : bench.world.systems.cluster.writes) {
        CHECK(write.verb == "patch");
        Json left = write.body;
        left["metadata"].erase("resourceVersion");
        left["metadata"]["annotations"].erase(touched_annotation);
        CHECK(left.dump() == R"({"metadata":{"annotations":{}}})");
      }
      CHECK(bench.world.tenant.writes == 0);
    }
  }
}

namespace {

/// Makes write number `write` of a step fail, over all systems that count writes in one row.
void plan_crash(Bench& bench, int write, bool after) {
  const Failure failure{after ? FailureKind::unknown : FailureKind::transient, "the wire was cut",
                        "", ""};
  int to_come = write;
  FakeKubernetes::Fault fault;
  fault.moment = after ? FakeKubernetes::Moment::after : FakeKubernetes::Moment::before;
  fault.failure = failure;
  fault.skip = to_come;
  bench.world.systems.cluster.fail(fault);
}

}  // namespace

TEST_CASE("a failure at any write to the cluster can be finished or undone", "[steps][crash]") {
  for (const Scenario& scenario : scenarios()) {
    DYNAMIC_SECTION(scenario.kind) {
      Bench measured(scenario);
      REQUIRE(measured.apply().ok());
      const int writes = static_cast<int>(measured.world.systems.cluster.writes.size());
      for (int write = 0; write < writes; ++write) {
        for (const bool after : {false, true}) {
          for (const bool finish : {true, false}) {
            INFO("write " << write << (after ? " after" : " before")
                          << (finish ? ", finish" : ", undo"));
            Bench bench(scenario);
            plan_crash(bench, write, after);
            (void)bench.apply();
            const TargetState seen = bench.state();
            CHECK(seen != TargetState::diverged);
            if (finish) {
              const auto again = bench.apply();
              INFO((again.ok() ? "" : again.failure().message));
              REQUIRE(again.ok());
              CHECK(bench.state() == TargetState::applied);
            } else if (!scenario.undo_leaves) {
              require_put_back(scenario, bench);
            }
          }
        }
      }
    }
  }
}

TEST_CASE("a failure at any write to the tenant can be finished or undone", "[steps][crash]") {
  for (const Scenario& scenario : scenarios()) {
    DYNAMIC_SECTION(scenario.kind) {
      Bench measured(scenario);
      REQUIRE(measured.apply().ok());
      const int writes = measured.world.tenant.writes;
      for (int write = 0; write < writes; ++write) {
        for (const bool after : {false, true}) {
          for (const bool finish : {true, false}) {
            INFO("write " << write << (after ? " after" : " before")
                          << (finish ? ", finish" : ", undo"));
            Bench bench(scenario);
            bench.world.tenant.fail(write,
                                    after ? FakeTenant::Moment::after : FakeTenant::Moment::before,
                                    {FailureKind::unknown, "the connection broke", "", "08006"});
            (void)bench.apply();
            bench.world.tenant.held_locks = 0;
            CHECK(bench.state() != TargetState::diverged);
            if (finish) {
              const auto again = bench.apply();
              INFO((again.ok() ? "" : again.failure().message));
              REQUIRE(again.ok());
              CHECK(bench.state() == TargetState::applied);
            } else {
              require_put_back(scenario, bench);
            }
          }
        }
      }
    }
  }
}

TEST_CASE("a failure while undoing can be undone once more", "[steps][crash]") {
  for (const Scenario& scenario : scenarios()) {
    if (scenario.undo_leaves) continue;
    DYNAMIC_SECTION(scenario.kind) {
      Bench measured(scenario);
      REQUIRE(measured.apply().ok());
      const int applied = static_cast<int>(measured.world.systems.cluster.writes.size());
      REQUIRE(measured.revert().ok());
      const int writes = static_cast<int>(measured.world.systems.cluster.writes.size()) - applied;
      for (int write = 0; write < writes; ++write) {
        for (const bool after : {false, true}) {
          INFO("write " << write << (after ? " after" : " before"));
          Bench bench(scenario);
          REQUIRE(bench.apply().ok());
          plan_crash(bench, write, after);
          (void)bench.revert();
          require_put_back(scenario, bench);
        }
      }
    }
  }
}

TEST_CASE("a failure while undoing in the tenant can be undone once more", "[steps][crash]") {
  for (const Scenario& scenario : scenarios()) {
    if (scenario.undo_leaves) continue;
    DYNAMIC_SECTION(scenario.kind) {
      Bench measured(scenario);
      REQUIRE(measured.apply().ok());
      const int applied = measured.world.tenant.writes;
      REQUIRE(measured.revert().ok());
      const int writes = measured.world.tenant.writes - applied;
      for (int write = 0; write < writes; ++write) {
        for (const auto moment : {FakeTenant::Moment::before, FakeTenant::Moment::after}) {
          INFO("write " << write << (moment == FakeTenant::Moment::after ? " after" : " before"));
          Bench bench(scenario);
          REQUIRE(bench.apply().ok());
          bench.world.tenant.fail(applied + write, moment,
                                  {FailureKind::unknown, "the connection broke", "", "08006"});
          (void)bench.revert();
          bench.world.tenant.held_locks = 0;
          require_put_back(scenario, bench);
        }
      }
    }
  }
}

}  // namespace ostler
