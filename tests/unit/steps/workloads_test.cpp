// workload.roll, canary.*, workers.* and autoscaler.*: the boundaries that the contract test over
// all kinds does not reach.
#include "tests/fakes/driven_step.hpp"

namespace ostler {
namespace {

const ObjectRef web = deployment_ref(ShopWorld::name_space, "odoo-web");
const ObjectRef autoscaler = autoscaler_ref(ShopWorld::name_space, "odoo-web");

Json roll() {
  return {{"namespace", ShopWorld::name_space},
          {"workload", "odoo-web"},
          {"image", ShopWorld::new_image}};
}
Json fence() {
  return {{"namespace", ShopWorld::name_space},
          {"workloads", {"odoo-cron", "odoo-queue"}},
          {"server", "main"},
          {"tenants", {"shop_a"}}};
}
Json release() {
  return {{"namespace", ShopWorld::name_space},
          {"workloads", {"odoo-cron", "odoo-queue"}},
          {"image", ShopWorld::new_image}};
}
Json hold() {
  return {{"namespace", ShopWorld::name_space}, {"name", "odoo-web"}};
}
Json start() {
  return {{"namespace", ShopWorld::name_space}, {"web_workload", "odoo-web"},
          {"workload", "odoo-web-canary"},      {"stable_service", "odoo-web"},
          {"service", "odoo-web-canary"},       {"port", 8069},
          {"image", ShopWorld::new_image},      {"replicas", 1}};
}

/// A Pod of the Deployment whose container is in this state.
void add_pod(ShopWorld& world, const std::string& app, const char* image, const Json& status) {
  Json container = status;
  container["name"] = "odoo";
  world.systems.cluster.put(
      {{"apiVersion", "v1"},
       {"kind", "Pod"},
       {"metadata",
        {{"name", app + "-sick"},
         {"namespace", ShopWorld::name_space},
         {"labels", {{"app", app}}}}},
       {"spec", {{"containers", {{{"name", "odoo"}, {"image", image}}}}}},
       {"status", {{"phase", "Pending"}, {"containerStatuses", {container}}}}});
  world.systems.cluster.set_log(ShopWorld::name_space, app + "-sick",
                                "one\nImportError: no module\n");
}

}  // namespace

TEST_CASE("a container that does not start fails the rollout at once, with its last words",
          "[workload.roll]") {
  const std::vector<Json> hopeless{
      {{"state", {{"waiting", {{"reason", "CrashLoopBackOff"}}}}}},
      {{"state", {{"waiting", {{"reason", "ErrImagePull"}, {"message", "not found"}}}}}},
      {{"state", {{"terminated", {{"exitCode", 3}, {"reason", "Error"}}}}}},
      {{"ready", false},
       {"state", {{"running", Json::object()}}},
       {"lastState", {{"terminated", {{"exitCode", 137}}}}}}};
  for (const Json& status : hopeless) {
    ShopWorld world;
    DrivenStep step(world, "workload.roll", roll());
    world.systems.controllers.stuck = {"odoo-web"};
    add_pod(world, "odoo-web", ShopWorld::new_image, status);
    const auto done = step.apply();
    REQUIRE_FALSE(done.ok());
    INFO(done.failure().message);
    CHECK(done.failure().kind == FailureKind::permanent);
    CHECK(done.failure().code == "NotStarting");
    CHECK(done.failure().message.find("ImportError: no module") != std::string::npos);
    CHECK(world.systems.time.boot() == BootTime{0});
  }
}

TEST_CASE("a Pod that starts slowly or is of the old image is no trouble", "[workload.roll]") {
  ShopWorld world;
  DrivenStep step(world, "workload.roll", roll());
  world.systems.controllers.stuck = {"odoo-web"};
  add_pod(world, "odoo-web", ShopWorld::new_image,
          {{"state", {{"waiting", {{"reason", "ContainerCreating"}}}}}});
  CHECK(step.apply(Milliseconds{5000}).failure().kind == FailureKind::timeout);
  add_pod(world, "odoo-web", ShopWorld::old_image,
          {{"state", {{"waiting", {{"reason", "CrashLoopBackOff"}}}}}});
  CHECK(step.apply(Milliseconds{5000}).failure().kind == FailureKind::timeout);
}

TEST_CASE("a rollout over its deadline fails, and is undone to the image from before",
          "[workload.roll]") {
  ShopWorld world;
  const Json stood = world.view();
  DrivenStep step(world, "workload.roll", roll());
  world.systems.controllers.failing = {"odoo-web"};
  CHECK(step.apply().failure().code == "ProgressDeadlineExceeded");
  world.systems.controllers.failing.clear();
  step.require_ok(step.revert());
  CHECK(Json::diff(stood, world.view()).dump() == "[]");
}

TEST_CASE("a third image is neither rolled over nor rolled back", "[workload.roll]") {
  ShopWorld world;
  DrivenStep step(world, "workload.roll", roll());
  world.add_deployment("odoo-web", 2, "somebody/else@sha256:3");
  CHECK(step.look().state == TargetState::diverged);
  CHECK(step.apply().failure().code == "diverged");
  CHECK(step.revert().failure().code == "diverged");
  CHECK(world.systems.cluster.writes.empty());
}

TEST_CASE("undo of a rollout leaves the replicas that an autoscaler set meanwhile",
          "[workload.roll]") {
  ShopWorld world;
  DrivenStep step(world, "workload.roll", roll());
  step.require_ok(step.apply());
  world.systems.cluster.edit(web, {{"spec", {{"replicas", 4}}}});
  step.require_ok(step.revert());
  CHECK(world.systems.cluster.object(web)["spec"]["replicas"] == 4);
}

TEST_CASE("a canary whose health does not pass gets no traffic", "[canary.start]") {
  ShopWorld world;
  world.health = R"({"status": "fail"})";
  DrivenStep step(world, "canary.start", start());
  const auto done = step.apply(Milliseconds{10000});
  REQUIRE_FALSE(done.ok());
  CHECK(done.failure().kind == FailureKind::timeout);
  CHECK(step.attempt->shown.back().find("does not say pass") != std::string::npos);
}

TEST_CASE("names that are taken by somebody else's objects are refused", "[canary.start]") {
  ShopWorld world;
  SECTION("Deployment") {
    world.add_deployment("odoo-web-canary", 1);
  }
  SECTION("Service") {
    world.add_service("odoo-web-canary");
  }
  const Json stood = world.view();
  DrivenStep step(world, "canary.start", start());
  CHECK(step.apply().failure().code == "diverged");
  CHECK(world.systems.cluster.writes.empty());
  CHECK(Json::diff(stood, world.view()).dump() == "[]");
}

TEST_CASE("a canary that a route lists is not stopped", "[canary.stop]") {
  ShopWorld world;
  world.add_canary();
  world.set_route({{"odoo-web", 100}, {"odoo-web-canary", 0}});
  DrivenStep step(world, "canary.stop",
                  {{"namespace", ShopWorld::name_space},
                   {"workload", "odoo-web-canary"},
                   {"service", "odoo-web-canary"}});
  CHECK(step.apply().failure().code == "routed");
  CHECK(world.systems.cluster.writes.empty());
}

TEST_CASE("a canary is removed only when every proxy has let go of it", "[canary.stop]") {
  ShopWorld world;
  world.add_canary();
  world.set_route({{"odoo-web", 50}, {"odoo-web-canary", 50}});
  world.settle();
  world.systems.proxies.stuck = {"traefik-2"};
  world.set_route({{"odoo-web", 100}});
  world.settle();
  DrivenStep step(world, "canary.stop",
                  {{"namespace", ShopWorld::name_space},
                   {"workload", "odoo-web-canary"},
                   {"service", "odoo-web-canary"}});
  CHECK(step.apply(Milliseconds{5000}).failure().kind == FailureKind::timeout);
  CHECK(step.attempt->shown.back() == "traefik-2 has odoo-web-canary loaded for route odoo-web");
  CHECK(world.systems.cluster.writes.empty());
}

TEST_CASE("start, scale and stop are undone by the start's snapshot", "[canary.start]") {
  ShopWorld world;
  const Json stood = world.view();
  DrivenStep first(world, "canary.start", start());
  first.require_ok(first.apply());
  DrivenStep scale(
      world, "canary.scale",
      {{"namespace", ShopWorld::name_space}, {"workload", "odoo-web-canary"}, {"replicas", 3}});
  scale.require_ok(scale.apply());
  first.require_ok(first.revert());
  CHECK(Json::diff(stood, world.view()).dump() == "[]");
}

TEST_CASE("a missing canary cannot be scaled", "[canary.scale]") {
  ShopWorld world;
  DrivenStep step(
      world, "canary.scale",
      {{"namespace", ShopWorld::name_space}, {"workload", "odoo-web-canary"}, {"replicas", 3}});
  CHECK(step.apply().failure().code == "404");
}

TEST_CASE("a fence holds only when crons and jobs have ended", "[workers.fence]") {
  ShopWorld world;
  world.tenant.work_ends = false;
  SECTION("a cron runs") {
    world.tenant.running_crons = {"Mail: send"};
    DrivenStep step(world, "workers.fence", fence());
    CHECK(step.apply(Milliseconds{5000}).failure().kind == FailureKind::timeout);
    CHECK(step.attempt->shown.back() == "shop_a: 1 crons running (Mail: send)");
    CHECK(step.look().state == TargetState::partial);
  }
  SECTION("a job is started") {
    world.tenant.started_jobs = {"job-1", "job-2", "job-3", "job-4"};
    DrivenStep step(world, "workers.fence", fence());
    CHECK(step.apply(Milliseconds{5000}).failure().kind == FailureKind::timeout);
    CHECK(step.attempt->shown.back() == "shop_a: 4 jobs started (job-1, job-2, job-3, ...)");
  }
}

TEST_CASE("fence and release are undone by the fence's snapshot", "[workers.fence]") {
  ShopWorld world;
  const Json stood = world.view();
  DrivenStep first(world, "workers.fence", fence());
  first.require_ok(first.apply());
  DrivenStep second(world, "workers.release", release());
  second.require_ok(second.apply());
  CHECK(world.systems.cluster.object(
            deployment_ref(ShopWorld::name_space, "odoo-queue"))["spec"]["replicas"] == 2);
  CHECK(second.look().state == TargetState::applied);
  first.require_ok(first.revert());
  CHECK(Json::diff(stood, world.view()).dump() == "[]");
}

TEST_CASE("a note that is no number is not acted on", "[workers.release]") {
  ShopWorld world;
  world.systems.cluster.edit(
      deployment_ref(ShopWorld::name_space, "odoo-cron"),
      {{"metadata", {{"annotations", {{"ostler.dev/fenced-replicas", "many"}}}}}});
  DrivenStep step(world, "workers.release", release());
  const auto done = step.apply();
  CHECK(done.failure().kind == FailureKind::refused);
  CHECK(done.failure().message.find("'many'") != std::string::npos);
}

TEST_CASE("an autoscaler is held at what runs, within its maximum, and never below its minimum",
          "[autoscaler.hold]") {
  ShopWorld world;
  const auto held_at = [&](int running, int minimum, int maximum) {
    world.systems.cluster.edit(autoscaler,
                               {{"spec", {{"minReplicas", minimum}, {"maxReplicas", maximum}}},
                                {"status", {{"currentReplicas", running}}}});
    DrivenStep step(world, "autoscaler.hold", hold());
    step.require_ok(step.apply());
    const std::int64_t got = world.systems.cluster.object(autoscaler)["spec"]["minReplicas"];
    step.require_ok(step.revert());
    return got;
  };
  CHECK(held_at(3, 1, 6) == 3);
  CHECK(held_at(8, 1, 6) == 6);
  CHECK(held_at(1, 2, 6) == 2);
  CHECK(held_at(0, 1, 6) == 2);  // the status says nothing: the Deployment's replicas
}

TEST_CASE("a behaviour of its own comes back whole, with or without a journal",
          "[autoscaler.hold]") {
  ShopWorld world;
  const Json behaviour{
      {"scaleDown", {{"selectPolicy", "Max"}, {"policies", {{{"type", "Pods"}, {"value", 1}}}}}},
      {"scaleUp", {{"stabilizationWindowSeconds", 30}}}};
  world.systems.cluster.edit(autoscaler, {{"spec", {{"behavior", behaviour}}}});
  const Json spec = world.systems.cluster.object(autoscaler)["spec"];
  DrivenStep step(world, "autoscaler.hold", hold());
  step.require_ok(step.apply());
  CHECK(world.systems.cluster.object(autoscaler)["spec"] != spec);
  DrivenStep release_step(world, "autoscaler.release", hold());
  release_step.require_ok(release_step.apply());
  CHECK(world.systems.cluster.object(autoscaler)["spec"] == spec);
}

TEST_CASE("an autoscaler that is not there is refused", "[autoscaler.hold]") {
  ShopWorld world;
  auto made = find_step_kind("autoscaler.hold")
                  ->make({{"namespace", ShopWorld::name_space}, {"name", "none"}});
  REQUIRE(made.ok());
  const auto seen = (*made)->observe(world.systems.looks(), nullptr);
  REQUIRE_FALSE(seen.ok());
  CHECK(seen.failure().kind == FailureKind::refused);
  CHECK(seen.failure().message.find("odoo-pool-a/none") != std::string::npos);
}

}  // namespace ostler
