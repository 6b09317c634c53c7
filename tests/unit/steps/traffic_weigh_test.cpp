#include "tests/fakes/driven_step.hpp"

namespace ostler {
namespace {

Json weights(int stable, int canary, const Json& more = Json::object()) {
  Json children = Json::array({{{"service", "odoo-web"}, {"port", 8069}, {"weight", stable}}});
  if (canary > 0)
    children.push_back({{"service", "odoo-web-canary"}, {"port", 8069}, {"weight", canary}});
  Json parameters{
      {"namespace", ShopWorld::name_space}, {"route", "odoo-web"}, {"children", children}};
  parameters.update(more);
  return parameters;
}

const ObjectRef route = traefik_service_ref(ShopWorld::name_space, "odoo-web");

Json children_of(const ShopWorld& world) {
  return world.systems.cluster.object(route)["spec"]["weighted"]["services"];
}

}  // namespace

TEST_CASE("weights must be sound", "[traffic.weigh]") {
  const auto refused = [](const Json& children) {
    Json parameters = weights(95, 5);
    parameters["children"] = children;
    return !find_step_kind("traffic.weigh")->make(parameters).ok();
  };
  CHECK(refused(Json::array()));
  CHECK(refused({{{"service", "a"}, {"port", 1}, {"weight", 0}}}));
  CHECK(refused({{{"service", "a"}, {"port", 1}, {"weight", -1}}}));
  CHECK(refused({{{"service", "a"}, {"port", 0}, {"weight", 1}}}));
  CHECK(refused({{{"service", ""}, {"port", 1}, {"weight", 1}}}));
  CHECK(refused({{{"service", "a"}, {"port", 1}, {"weight", 1}, {"wieght", 1}}}));
  CHECK(refused({{{"service", "a"}, {"port", 1}, {"weight", 1}},
                 {{"service", "a"}, {"port", 1}, {"weight", 2}}}));
}

TEST_CASE("it is done only when every proxy has loaded the weights", "[traffic.weigh]") {
  ShopWorld world;
  world.add_canary();
  DrivenStep step(world, "traffic.weigh", weights(95, 5));
  world.systems.proxies.stuck = {"traefik-2"};
  const auto done = step.apply(Milliseconds{20000});
  REQUIRE_FALSE(done.ok());
  CHECK(done.failure().kind == FailureKind::timeout);
  CHECK(step.attempt->shown.back().find("1 of 2 proxies") != std::string::npos);
  CHECK(step.attempt->shown.back().find("traefik-2 has loaded odoo-web 100") != std::string::npos);
  CHECK(step.look().state == TargetState::partial);
  world.systems.proxies.stuck.clear();
  step.require_ok(step.apply());
  CHECK(step.look().state == TargetState::applied);
}

TEST_CASE("it waits for the addresses too: a Pod that is gone must be out of every proxy",
          "[traffic.weigh]") {
  ShopWorld world;
  world.add_canary();
  DrivenStep step(world, "traffic.weigh", weights(95, 5));
  world.systems.proxies.addresses["odoo-web-canary"] = {"10.88.0.99:8069"};
  CHECK(step.apply(Milliseconds{5000}).failure().kind == FailureKind::timeout);
  CHECK(step.attempt->shown.back().find("of odoo-web-canary") != std::string::npos);
}

TEST_CASE("a Service without a ready endpoint is never put into a route", "[traffic.weigh]") {
  ShopWorld world;
  world.add_service("odoo-web-canary");
  DrivenStep step(world, "traffic.weigh", weights(95, 5));
  const auto done = step.apply();
  REQUIRE_FALSE(done.ok());
  CHECK(done.failure().kind == FailureKind::transient);
  CHECK(done.failure().code == "empty");
  CHECK(world.systems.cluster.writes.empty());
}

TEST_CASE("the share is measured over all proxies", "[traffic.weigh]") {
  ShopWorld world;
  world.add_canary();
  SECTION("and fits") {
    world.systems.proxies.requests_per_look = 30;
    DrivenStep step(world, "traffic.weigh", weights(75, 25));
    step.require_ok(step.apply());
    CHECK(step.attempt->noted("fits the weights"));
  }
  SECTION("and does not, since another route sends requests to the canary") {
    world.systems.proxies.requests_per_look = 30;
    world.systems.proxies.before_counters = [&] {
      world.systems.proxies.count(
          "traefik-1", traefik_service_label(ShopWorld::name_space, "odoo-web-canary", 8069), 20, 0,
          0.1);
    };
    DrivenStep step(world, "traffic.weigh", weights(75, 25));
    const auto done = step.apply();
    REQUIRE_FALSE(done.ok());
    CHECK(done.failure().kind == FailureKind::permanent);
    CHECK(done.failure().code == "share");
  }
  SECTION("and without traffic is not judged, and that is said") {
    DrivenStep step(world, "traffic.weigh", weights(75, 25));
    step.require_ok(step.apply());
    CHECK(step.attempt->noted("share not measured: 0 requests"));
  }
  SECTION("and starts anew when a proxy restarts meanwhile") {
    world.systems.proxies.requests_per_look = 30;
    int looks = 0;
    world.systems.proxies.before_counters = [&] {
      if (++looks == 3) world.systems.proxies.restart("traefik-1");
    };
    DrivenStep step(world, "traffic.weigh", weights(75, 25));
    step.require_ok(step.apply());
    CHECK(step.attempt->noted("fits the weights"));
    CHECK(looks > 4);
  }
  SECTION("and with sticky clients only reported") {
    world.systems.cluster.edit(
        route, {{"spec", {{"weighted", {{"sticky", {{"cookie", {{"name", "v"}}}}}}}}}});
    world.systems.proxies.requests_per_look = 30;
    world.systems.proxies.before_counters = [&] {
      world.systems.proxies.count(
          "traefik-1", traefik_service_label(ShopWorld::name_space, "odoo-web-canary", 8069), 20, 0,
          0.1);
    };
    DrivenStep step(world, "traffic.weigh", weights(75, 25));
    step.require_ok(step.apply());
    CHECK(step.attempt->noted("clients are sticky"));
  }
}

TEST_CASE("undo writes first and looks later", "[traffic.weigh]") {
  ShopWorld world;
  world.add_canary();
  const Json stood = children_of(world);
  DrivenStep step(world, "traffic.weigh", weights(95, 5));
  step.require_ok(step.apply());
  world.systems.proxies.stuck = {"traefik-1"};  // as good as hanging
  world.systems.cluster.looks = 0;
  const BootTime began = world.systems.time.boot();
  std::optional<BootTime> written;
  int looks = 0;
  world.systems.cluster.on_write([&](FakeKubernetes& cluster, const ObjectRef&) {
    if (!written) looks = cluster.looks;
    if (!written) written = world.systems.time.boot();
  });
  CHECK(step.revert(Milliseconds{3000}).failure().kind == FailureKind::timeout);
  REQUIRE(written);
  CHECK(*written == began);
  CHECK(looks == 1);
  CHECK(children_of(world) == stood);
}

TEST_CASE("the first weight's undo takes back all later weights", "[traffic.weigh]") {
  ShopWorld world;
  world.add_canary();
  const Json stood = world.view();
  DrivenStep first(world, "traffic.weigh", weights(95, 5));
  first.require_ok(first.apply());
  DrivenStep second(world, "traffic.weigh", weights(50, 50));
  second.require_ok(second.apply());
  first.require_ok(first.revert());
  CHECK(Json::diff(stood, world.view()).dump() == "[]");
}

TEST_CASE("what another hand wrote is left", "[traffic.weigh]") {
  ShopWorld world;
  world.add_canary();
  world.add_deployment("odoo-blue", 1);
  world.add_service("odoo-blue");
  DrivenStep step(world, "traffic.weigh", weights(95, 5));
  SECTION("before apply") {
    world.set_route({{"odoo-web", 90}, {"odoo-blue", 10}});
    CHECK(step.look().state == TargetState::diverged);
    CHECK(step.apply().failure().code == "diverged");
    CHECK(step.revert().failure().code == "diverged");
    CHECK(world.systems.cluster.writes.empty());
  }
  SECTION("a Service of theirs beside ours") {
    step.require_ok(step.apply());
    world.systems.cluster.edit(
        route, {{"spec",
                 {{"weighted",
                   {{"services",
                     {{{"name", "odoo-web"}, {"port", 8069}, {"weight", 90}},
                      {{"name", "odoo-blue"}, {"port", 8069}, {"weight", 10}}}}}}}}});
    world.systems.cluster.writes.clear();
    CHECK(step.revert().failure().code == "diverged");
    CHECK(world.systems.cluster.writes.empty());
  }
}

TEST_CASE("a conflict with a writer of other fields is tried again", "[traffic.weigh]") {
  ShopWorld world;
  world.add_canary();
  DrivenStep step(world, "traffic.weigh", weights(95, 5));
  FakeKubernetes::Fault fault;
  fault.verb = "patch";
  fault.failure = {FailureKind::refused, "modified", "", "Conflict"};
  fault.times = 2;
  world.systems.cluster.fail(fault);
  step.require_ok(step.apply());
  CHECK(world.systems.cluster.writes.size() == 3);
}

}  // namespace ostler
