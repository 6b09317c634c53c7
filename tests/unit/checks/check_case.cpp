// One check on the example platform.
#include "tests/unit/checks/check_case.hpp"

#include <catch2/catch.hpp>

namespace ostler {

CheckCase::CheckCase() {
  environment.prometheus.emplace();
  environment.prometheus->url = "http://127.0.0.1:9090";
}

std::vector<Finding> CheckCase::findings(const std::string& name) const {
  for (const CheckKind* kind : check_kinds())
    if (kind->name == name)
      return kind->measure({&environment, has_release ? &release : nullptr}, platform);
  FAIL("there is no check " << name);
  return {};
}

Outcome CheckCase::worst(const std::string& name) const {
  Outcome outcome = Outcome::pass;
  for (const Finding& finding : findings(name)) {
    if (finding.outcome == Outcome::fail) return Outcome::fail;
    if (finding.outcome == Outcome::inconclusive) outcome = Outcome::inconclusive;
  }
  return outcome;
}

Finding CheckCase::only(const std::string& name) const {
  const auto all = findings(name);
  REQUIRE(all.size() == 1);
  return all.front();
}

Finding CheckCase::first_bad(const std::string& name) const {
  for (const Finding& finding : findings(name))
    if (finding.outcome != Outcome::pass) return finding;
  FAIL("all is well with " << name);
  return {};
}

}  // namespace ostler
