// What --confirm confirms, and what it does not.
#include "cli/confirm.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

TEST_CASE("confirm: the name, and the digest when one is given", "[cli]") {
  const Question question{"prod", Protection::strict, "sha256:3f9a2c1b04de", "x"};
  CHECK(check_confirmation("prod", question).ok());
  CHECK(check_confirmation("prod:3f9a2c", question).ok());
  CHECK(check_confirmation("prod:3f9a2c1b04de", question).ok());
  CHECK(check_confirmation("staging", question).failure().code == "usage");
  CHECK(check_confirmation("staging:3f9a2c", question).failure().code == "usage");
  CHECK(check_confirmation("prod:3f9", question).failure().code == "usage");
  CHECK(check_confirmation("prod:", question).failure().code == "usage");
  CHECK(check_confirmation("prod:aaaaaa", question).failure().code == "stale");
  CHECK(check_confirmation("PROD", question).failure().code == "usage");
}
