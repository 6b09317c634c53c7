#include "ostler/systems/workload.hpp"

#include "tests/fakes/fake_platform.hpp"
#include "tests/fakes/shop_world.hpp"

#include <catch2/catch.hpp>

namespace ostler {

TEST_CASE("a merge patch between two values makes the one the other", "[workload]") {
  const std::vector<Json> values{Json::parse(R"({})"), Json::parse(R"({"a": 1})"),
                                 Json::parse(R"({"a": {"b": 1, "c": [1, 2]}})"),
                                 Json::parse(R"({"a": {"b": 2}, "d": "x"})"),
                                 Json::parse(R"({"a": {"c": [2]}, "d": {"e": {}}})")};
  for (const Json& from : values)
    for (const Json& to : values) {
      Json patched = from;
      const Json patch = merge_patch_between(from, to);
      patched.merge_patch(patch);
      CHECK(patched == to);
      CHECK(patch.empty() == (from == to));
    }
}

TEST_CASE("a guarded change looks again after a conflict, and gives up after five", "[workload]") {
  ShopWorld world;
  const ObjectRef ref = deployment_ref(ShopWorld::name_space, "odoo-web");
  FakeKubernetes::Fault fault;
  fault.verb = "patch";
  fault.failure = {FailureKind::refused, "modified", "", "Conflict"};
  int asked = 0;
  const auto decide = [&](const Json&) -> Result<Json> {
    ++asked;
    return Json{{"spec", {{"replicas", 5}}}};
  };
  SECTION("four conflicts") {
    fault.times = 4;
    world.systems.cluster.fail(fault);
    CHECK(change_guarded(world.systems.cluster, ref, decide).ok());
    CHECK(asked == 5);
  }
  SECTION("five conflicts") {
    fault.times = 5;
    world.systems.cluster.fail(fault);
    const auto done = change_guarded(world.systems.cluster, ref, decide);
    REQUIRE_FALSE(done.ok());
    CHECK(done.failure().kind == FailureKind::refused);
    CHECK(done.failure().code == "diverged");
    CHECK(asked == 5);
  }
  SECTION("any other failure is given on at once") {
    fault.failure = {FailureKind::unknown, "no answer", "", ""};
    world.systems.cluster.fail(fault);
    CHECK(change_guarded(world.systems.cluster, ref, decide).failure().kind ==
          FailureKind::unknown);
    CHECK(asked == 1);
  }
}

TEST_CASE("an undo with nothing to do keeps a write that is still under way from landing",
          "[workload]") {
  ShopWorld world;
  FakeKubernetes& cluster = world.systems.cluster;
  const ObjectRef ref = deployment_ref(ShopWorld::name_space, "odoo-web");
  const Json before = **cluster.get(ref);
  const Json late{{"metadata", {{"resourceVersion", text_at(before, "/metadata/resourceVersion")}}},
                  {"spec", {{"replicas", 9}}}};
  const auto nothing = [](const Json&) -> Result<Json> { return Json::object(); };

  REQUIRE(restore_guarded(cluster, ref, nothing).ok());

  const Json after = **cluster.get(ref);
  CHECK(value_at(after, "/spec") == value_at(before, "/spec"));
  CHECK_FALSE(annotation(after, touched_annotation).has_value());
  const auto landed = cluster.merge_patch(ref, late);
  REQUIRE_FALSE(landed.ok());
  CHECK(landed.failure().code == "Conflict");
}

TEST_CASE("an undo with nothing to do is done where a controller answers every write at once",
          "[workload]") {
  ShopWorld world;
  FakeKubernetes& cluster = world.systems.cluster;
  const ObjectRef ref = deployment_ref(ShopWorld::name_space, "odoo-web");
  int answered = 0;
  cluster.on_write([&answered](FakeKubernetes& written, const ObjectRef& object) {
    written.edit(object, {{"status", {{"observedGeneration", ++answered}}}});
  });

  REQUIRE(restore_guarded(cluster, ref, [](const Json&) -> Result<Json> {
            return Json::object();
          }).ok());

  CHECK(answered == 2);
  CHECK_FALSE(annotation(cluster.object(ref), touched_annotation).has_value());
}

TEST_CASE("of several containers the one named odoo is meant", "[workload]") {
  Json deployment{{"metadata", {{"name", "web"}, {"namespace", "shop"}}}};
  Json& containers = deployment["spec"]["template"]["spec"]["containers"];
  containers = Json::array({{{"name", "server"}, {"image", "a"}}});
  CHECK(*main_container(deployment) == "server");
  containers.push_back({{"name", "proxy"}, {"image", "b"}});
  CHECK_FALSE(main_container(deployment).ok());
  containers.push_back({{"name", "odoo"}, {"image", "c"}});
  CHECK(*main_container(deployment) == "odoo");
  deployment.merge_patch(Json{{"spec", image_patch(deployment, "odoo", "d")}});
  CHECK(container_image(deployment, "odoo") == "d");
  CHECK(container_image(deployment, "proxy") == "b");
}

TEST_CASE("addresses that go away still serve and are not ready", "[workload]") {
  ShopWorld world;
  world.systems.cluster.put(
      {{"apiVersion", "v1"},
       {"kind", "Service"},
       {"metadata", {{"name", "s"}, {"namespace", "n"}}},
       {"spec", {{"ports", {{{"name", "http"}, {"port", 80}}, {{"name", "bus"}, {"port", 81}}}}}}});
  const auto endpoint = [](const char* ip, bool ready, bool serving, bool terminating) {
    return Json{
        {"addresses", {ip}},
        {"conditions", {{"ready", ready}, {"serving", serving}, {"terminating", terminating}}}};
  };
  world.systems.cluster.put(
      {{"apiVersion", "discovery.k8s.io/v1"},
       {"kind", "EndpointSlice"},
       {"metadata",
        {{"name", "s-1"}, {"namespace", "n"}, {"labels", {{"kubernetes.io/service-name", "s"}}}}},
       {"endpoints",
        {endpoint("10.0.0.2", true, true, false), endpoint("10.0.0.1", false, true, true),
         endpoint("10.0.0.3", false, false, false), endpoint("fd00::1", true, true, false)}},
       {"ports", {{{"name", "http"}, {"port", 8069}}, {{"name", "bus"}, {"port", 8072}}}}});
  const auto found = addresses_of(world.systems.cluster, "n", "s", 80);
  REQUIRE(found.ok());
  CHECK(found->ready == std::vector<std::string>{"10.0.0.2:8069", "[fd00::1]:8069"});
  CHECK(found->serving ==
        std::vector<std::string>{"10.0.0.1:8069", "10.0.0.2:8069", "[fd00::1]:8069"});
  CHECK_FALSE(addresses_of(world.systems.cluster, "n", "s", 82).ok());
  CHECK(addresses_of(world.systems.cluster, "n", "absent", 80).failure().code == "404");
}

TEST_CASE("what keeps Pods from being made is said at once, and fails after a minute",
          "[workload]") {
  FakePlatform platform;
  platform.controllers.blocked["odoo-web"] =
      "pods \"odoo-web-7\" is forbidden: exceeded quota: all";
  const ObjectRef ref = deployment_ref("odoo-pool-a", "odoo-web");
  platform.cluster.edit(ref, {{"spec", {{"replicas", 9}}}});
  RolloutWatch watch(platform.cluster, ref, platform.time);
  const auto seen = watch.look();
  REQUIRE(seen.ok());
  CHECK_FALSE(seen->converged);
  CHECK(seen->blocked.find("exceeded quota") != std::string::npos);
  CHECK(seen->text.find("no further Pod is made: pods") != std::string::npos);
  platform.time.advance(Milliseconds{59'999});
  CHECK(watch.look().ok());
  platform.time.advance(Milliseconds{1});
  const auto late = watch.look();
  REQUIRE_FALSE(late.ok());
  CHECK(late.failure().kind == FailureKind::permanent);
  CHECK(late.failure().code == "FailedCreate");
  platform.controllers.blocked.clear();
  platform.cluster.edit(ref, {{"spec", {{"replicas", 4}}}});
  CHECK(watch.look().ok());
}

}  // namespace ostler
