// One check on the example platform.
#pragma once

#include "tests/fakes/fake_platform.hpp"

#include "ostler/model/kind.hpp"

#include <string>
#include <vector>

namespace ostler {

struct CheckCase {
  CheckCase();

  std::vector<Finding> findings(const std::string& name) const;
  Outcome worst(const std::string& name) const;
  Finding only(const std::string& name) const;
  /// The first finding that is no pass.
  Finding first_bad(const std::string& name) const;

  FakePlatform platform;
  Environment environment = example_environment();
  Release release = example_release();
  bool has_release = true;
  const Failure silence{FailureKind::timeout, "no answer in 5 s", "", ""};
};

}  // namespace ostler
