#include "ostler/systems/canary.hpp"

#include "tests/fakes/shop_world.hpp"

#include <catch2/catch.hpp>

namespace ostler {
namespace {

CanaryAim aim() {
  return {ShopWorld::name_space, "odoo-web", "odoo-web-canary",    "odoo-web",
          "odoo-web-canary",     8069,       ShopWorld::new_image, 2};
}

Json web_with_labels(const Json& labels, const Json& selector) {
  Json web{{"metadata", {{"name", "odoo-web"}, {"namespace", "shop"}}}};
  web["spec"]["selector"]["matchLabels"] = selector;
  web["spec"]["template"]["metadata"]["labels"] = labels;
  web["spec"]["template"]["spec"]["containers"] =
      Json::array({{{"name", "odoo"}, {"image", "old"}}});
  return web;
}

}  // namespace

TEST_CASE("no selector of the stable side chooses the canary's Pods", "[canary]") {
  const Json labels{
      {"app.kubernetes.io/name", "odoo"}, {"tier", "web"}, {"pod-template-hash", "abc"}};
  const Json web = web_with_labels(labels, {{"tier", "web"}, {"app.kubernetes.io/name", "odoo"}});
  const Json service{{"spec", {{"selector", {{"tier", "web"}}}, {"ports", {{{"port", 8069}}}}}}};
  const auto made = canary_deployment(aim(), web, service, {"r", 1, 1});
  REQUIRE(made.ok());
  const Json& got = (*made)["spec"]["template"]["metadata"]["labels"];
  CHECK(got["app"] == "odoo-web-canary");
  CHECK(got["tier"] == "odoo-web-canary");
  CHECK(got["app.kubernetes.io/name"] == "odoo");
  CHECK_FALSE(got.contains("pod-template-hash"));
  CHECK((*made)["spec"]["selector"]["matchLabels"] == Json({{"app", "odoo-web-canary"}}));
}

TEST_CASE("spread constraints that mean Pods like me mean the canary's", "[canary]") {
  Json web = web_with_labels({{"app", "odoo-web"}, {"team", "shop"}}, {{"app", "odoo-web"}});
  const Json constraint{
      {"topologyKey", "zone"},
      {"labelSelector", {{"matchLabels", {{"app", "odoo-web"}, {"team", "shop"}}}}}};
  web["spec"]["template"]["spec"]["topologySpreadConstraints"] = Json::array({constraint});
  const Json service{{"spec", {{"selector", {{"app", "odoo-web"}}}}}};
  const auto made = canary_deployment(aim(), web, service, {"r", 1, 1});
  REQUIRE(made.ok());
  const Json& match = (*made)["spec"]["template"]["spec"]["topologySpreadConstraints"][0]
                             ["labelSelector"]["matchLabels"];
  CHECK(match["app"] == "odoo-web-canary");
  CHECK(match["team"] == "shop");
}

TEST_CASE("a canary runs neither crons nor the queue", "[canary]") {
  Json web = web_with_labels({{"app", "odoo-web"}}, {{"app", "odoo-web"}});
  Json& container = web["spec"]["template"]["spec"]["containers"][0];
  const auto made = [&] {
    auto deployment = canary_deployment(aim(), web, Json::object(), {"r", 1, 1});
    REQUIRE(deployment.ok());
    return (*deployment)["spec"]["template"]["spec"]["containers"][0];
  };
  SECTION("told so when the web workload does not say it") {
    container["args"] = {"--workers=4"};
    container["env"] = Json::array({{{"name", "ODOO_QUEUE_JOB_CHANNELS"}, {"value", "root:4"}}});
    CHECK(made()["args"] == Json({"--workers=4", "--max-cron-threads=0"}));
    CHECK(made()["env"] ==
          Json::array({{{"name", "ODOO_QUEUE_JOB_CHANNELS"}, {"value", "root:0"}}}));
    CHECK(made()["image"] == ShopWorld::new_image);
  }
  SECTION("left alone when it does") {
    container["args"] = {"--max-cron-threads=0", "--workers=4"};
    CHECK(made()["args"] == container["args"]);
  }
}

TEST_CASE("a canary's Service has the stable one's ports and no address of its", "[canary]") {
  const Json stable = Json::parse(
      R"({"metadata": {"name": "odoo-web"}, "spec": {"clusterIP": "10.96.0.1", "type": "NodePort",
      "ports": [{"name": "http", "port": 8069, "targetPort": "http", "nodePort": 30069}]}})");
  const auto made = canary_service(aim(), stable, {"r", 1, 1});
  REQUIRE(made.ok());
  CHECK((*made)["spec"] ==
        Json::parse(R"({"ports": [{"name": "http", "port": 8069, "targetPort": "http"}],
                                           "selector": {"app": "odoo-web-canary"}})"));
  CanaryAim other = aim();
  other.port = 80;
  CHECK_FALSE(canary_service(other, stable, {"r", 1, 1}).ok());
}

TEST_CASE("what is remembered of a Deployment holds no secret, and it comes back all the same",
          "[canary]") {
  ShopWorld world;
  world.add_canary();
  const CanaryWait wait =
      [](const std::string&,
         const std::function<Result<bool>(std::string&)>& look) -> Result<void> {
    std::string found;
    for (int i = 0; i < 20; ++i) {
      OSTLER_TRY(const bool done, look(found));
      if (done) return {};
    }
    return Failure{FailureKind::timeout, found, "", ""};
  };
  const Json before = world.view();
  const auto snapshot = canary_snapshot(world.systems.cluster, ShopWorld::name_space,
                                        "odoo-web-canary", "odoo-web-canary");
  REQUIRE(snapshot.ok());
  CHECK(snapshot->dump().find("geheim-0815") == std::string::npos);
  CHECK(snapshot->dump().find("UTC") != std::string::npos);
  REQUIRE(remove_canary(world.systems.cluster, world.systems.proxies, ShopWorld::name_space,
                        "odoo-web-canary", "odoo-web-canary", wait)
              .ok());
  REQUIRE(restore_canary(world.systems.cluster, world.systems.proxies, ShopWorld::name_space,
                         "odoo-web-canary", *snapshot, wait)
              .ok());
  CHECK(Json::diff(before, world.view()).dump() == "[]");
}

TEST_CASE("a canary that somebody else made is left alone", "[canary]") {
  ShopWorld world;
  world.add_deployment("odoo-web-canary", 1);
  const auto done = remove_canary(world.systems.cluster, world.systems.proxies,
                                  ShopWorld::name_space, "odoo-web-canary", "",
                                  [](const auto&, const auto&) -> Result<void> { return {}; });
  REQUIRE_FALSE(done.ok());
  CHECK(done.failure().code == "diverged");
  CHECK(world.systems.cluster.writes.empty());
}

}  // namespace ostler
