// The next command, and plans that no longer fit.
#include "cli/session.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

TEST_CASE("the next command names the files as they were named", "[cli]") {
  Invocation invocation;
  invocation.arguments = {"prod"};
  CHECK(same_files("plan", invocation) == "ostler plan prod");
  invocation.arguments = {"prod/environment.yaml", "next.yaml"};
  CHECK(same_files("apply", invocation) == "ostler apply prod/environment.yaml next.yaml");
}

TEST_CASE("facts that changed are named one by one", "[cli]") {
  Plan plan;
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
