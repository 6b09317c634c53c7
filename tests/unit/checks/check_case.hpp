// One check on the example platform.
#pragma once

#include "tests/fakes/fake_platform.hpp"

#include "ostler/model/kind.hpp"

#include <catch2/catch.hpp>

namespace ostler {

struct CheckCase {
  CheckCase() {
    environment.prometheus.emplace();
    environment.prometheus->url = "http://127.0.0.1:9090";
  }

  std::vector<Finding> findings(const std::string& name) const {
    for (const CheckKind* kind : check_kinds())
      if (kind->name == name)
        return kind->measure({&environment, has_release ? &release : nullptr}, platform);
    FAIL("there is no check " << name);
    return {};
  }
  Outcome worst(const std::string& name) const {
    Outcome outcome = Outcome::pass;
    for (const Finding& finding : findings(name)) {
      if (finding.outcome == Outcome::fail) return Outcome::fail;
      if (finding.outcome == Outcome::inconclusive) outcome = Outcome::inconclusive;
    }
    return outcome;
  }
  Finding only(const std::string& name) const {
    const auto all = findings(name);
    REQUIRE(all.size() == 1);
    return all.front();
  }
  /// The first finding that is no pass.
  Finding first_bad(const std::string& name) const {
    for (const Finding& finding : findings(name))
      if (finding.outcome != Outcome::pass) return finding;
    FAIL("all is well with " << name);
    return {};
  }

  FakePlatform platform;
  Environment environment = example_environment();
  Release release = example_release();
  bool has_release = true;
  const Failure silence{FailureKind::timeout, "no answer in 5 s", "", ""};
};

}  // namespace ostler
