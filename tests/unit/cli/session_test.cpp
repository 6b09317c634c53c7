// A phase of a plan alone, and plans that no longer fit.
#include "cli/session.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

Plan example() {
  Plan plan;
  plan.environment = "prod";
  const auto add = [&](const char* id, const char* phase, std::vector<std::string> after) {
    Node node;
    node.id = id;
    node.phase = phase;
    node.after = std::move(after);
    plan.nodes.push_back(std::move(node));
  };
  add("S1", "promote", {});
  add("S2", "migrate", {"S1"});
  add("S3", "shift", {"S2"});
  add("S4", "shift", {"S1", "S3"});
  plan.pivot = "S2";
  plan.digest = plan_digest(plan);
  return plan;
}

}  // namespace

TEST_CASE("the next command names the files as they were named", "[cli]") {
  Invocation invocation;
  invocation.arguments = {"prod"};
  CHECK(same_files("plan", invocation) == "ostler plan prod");
  invocation.arguments = {"prod/environment.yaml", "next.yaml"};
  CHECK(same_files("apply", invocation) == "ostler apply prod/environment.yaml next.yaml");
}

TEST_CASE("a phase alone keeps its own steps and order, under a digest of its own", "[cli]") {
  const Plan whole = example();
  const Plan shift = phase_of(whole, "shift");
  REQUIRE(shift.nodes.size() == 2);
  CHECK(shift.nodes[0].after.empty());
  CHECK(shift.nodes[1].after == std::vector<std::string>{"S3"});
  CHECK(shift.pivot.empty());
  CHECK(shift.digest != whole.digest);
  CHECK(shift.digest == plan_digest(shift));
  CHECK(phase_of(whole, "migrate").pivot == "S2");
  CHECK(phase_of(whole, "nonsense").nodes.empty());
}

TEST_CASE("facts that changed are named one by one", "[cli]") {
  Plan plan = example();
  plan.facts = {{"Deployment odoo/web", "image", "a"}, {"Deployment odoo/web", "replicas", "3"}};
  Survey survey;
  survey.facts = plan.facts;
  CHECK(verify_facts(plan, survey).ok());
  survey.facts[0].value = "b";
  const auto fits = verify_facts(plan, survey);
  REQUIRE_FALSE(fits.ok());
  CHECK(fits.failure().code == "stale");
  CHECK(fits.failure().message.find("Deployment odoo/web: image was") != std::string::npos);
}
