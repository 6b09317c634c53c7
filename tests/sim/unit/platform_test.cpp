// The platform as a world: what its watchers see, and that they see it.
#include "sim/simulation.hpp"
#include "sim/stage.hpp"
#include "tests/sim/unit/planted.hpp"

#include "ostler/base/side_by_side.hpp"
#include "ostler/lab/door_http.hpp"

#include <catch2/catch.hpp>

using namespace ostler;
using namespace ostler::sim;

namespace {

SeedOptions on_the_platform() {
  forbid_threads();
  SeedOptions options;
  options.world = "platform";
  return options;
}

/// One platform on which nobody of ours works.
struct Ground {
  Ground() {
    REQUIRE(find_world("platform") != nullptr);
    forbid_threads();
    find_world("platform")->prepare();
    faults.end();
    stage = find_world("platform")->make(1, world, faults);
    stage->on_effect = [this](const Effect& effect) { effects.push_back(effect); };
  }

  int send(const std::string& method, const std::string& url, const Json& body) {
    HttpRequest request;
    request.method = method;
    request.url = url;
    request.headers = {{"Content-Type", "application/merge-patch+json"}};
    request.body = to_bytes(body);
    return stage->doors().at(lab::authority_of(url))->answer(request).response.status;
  }
  int patch(const std::string& path, const Json& body) {
    return send("PATCH", "http://127.84.255.254:6443" + path, body);
  }
  void pass(lab::Instant time) { world.advance_to(world.now() + time); }

  lab::World world{1};
  Trace trace{world};
  Faults faults{1, Swarm{}, trace, world};
  std::unique_ptr<Stage> stage;
  std::vector<Effect> effects;
};

constexpr const char* deployments = "/apis/apps/v1/namespaces/odoo-pool-a/deployments/";
constexpr lab::Instant a_while{20'000'000};

}  // namespace

TEST_CASE("the same seed goes the same way on the platform", "[sim]") {
  const SeedResult one = simulate(5, on_the_platform()), two = simulate(5, on_the_platform());
  CHECK(one.hash == two.hash);
  CHECK(one.outcome == two.outcome);
  CHECK_FALSE(one.violation);
}

TEST_CASE("a platform on which nothing happened is as before, and not as planned", "[sim]") {
  Ground ground;
  ground.pass(a_while);
  CHECK(ground.stage->harm() == "");
  CHECK(ground.stage->differs_from_before() == "");
  CHECK(ground.stage->differs_from_plan().find("odoo-web") != std::string::npos);
  CHECK_FALSE(ground.stage->may_park());
}

TEST_CASE("a shopper's failed request is harm, and what was changed differs", "[sim]") {
  Ground ground;
  REQUIRE(ground.patch(std::string(deployments) + "odoo-web", {{"spec", {{"replicas", 0}}}}) ==
          200);
  ground.pass(a_while);
  CHECK(ground.stage->harm().find("a shopper's") != std::string::npos);
  CHECK(ground.stage->differs_from_before().find("/spec/replicas was 3, is 0") !=
        std::string::npos);
}

TEST_CASE("a write with an operation number is an effect of that operation, once", "[sim]") {
  Ground ground;
  const Json crumbs{
      {"metadata",
       {{"annotations",
         {{"ostler.dev/run", "sim-1"}, {"ostler.dev/epoch", "2"}, {"ostler.dev/opno", "7"}}}}}};
  REQUIRE(ground.patch(std::string(deployments) + "odoo-cron", crumbs) == 200);
  ground.pass(a_while);
  REQUIRE(ground.effects.size() == 1);
  CHECK(ground.effects[0].epoch == 2);
  CHECK(ground.effects[0].opno == 7);
  CHECK(ground.effects[0].fenced);
}

TEST_CASE("what is pushed is an effect of the step that copies images", "[sim]") {
  Ground ground;
  REQUIRE(ground.send("POST", "https://production.test/v2/retail/odoo/blobs/uploads/", {}) == 202);
  REQUIRE(ground.effects.size() == 1);
  CHECK(ground.effects[0].step == "S1");
}

TEST_CASE("bugs planted in the engine and in the systems are found on the platform", "[sim]") {
  const auto finds = [](const char* bug, std::uint64_t seed) {
    const Planted planted_here(bug);
    const auto violation = simulate(seed, on_the_platform()).violation;
    return violation ? violation->invariant : "nothing";
  };
  CHECK(finds("intent_not_durable", 5) == "I1");
  CHECK(finds("no_guard", 409) == "I2");
}
