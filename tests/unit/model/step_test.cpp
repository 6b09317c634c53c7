#include "ostler/model/step.hpp"

#include "tests/fakes/fake_systems.hpp"

#include <catch2/catch.hpp>

namespace ostler {

TEST_CASE("waiting ends when the look says so", "[step]") {
  FakeSystems systems;
  FakeAttempt attempt(systems.time);
  int looks = 0;
  REQUIRE(wait_until(systems.looks(), attempt, Milliseconds{500}, "it", [&]() -> Result<bool> {
            return ++looks == 3;
          }).ok());
  CHECK(systems.time.boot() == Milliseconds{1000});
}

TEST_CASE("waiting looks once more at its deadline and then says for what and how long", "[step]") {
  FakeSystems systems;
  FakeAttempt attempt(systems.time, Milliseconds{1200});
  int looks = 0;
  const auto done =
      wait_until(systems.looks(), attempt, Milliseconds{500}, "the rollout", [&]() -> Result<bool> {
        ++looks;
        return false;
      });
  REQUIRE_FALSE(done.ok());
  CHECK(done.failure().kind == FailureKind::timeout);
  CHECK(done.failure().message == "the rollout did not come within 1.2s");
  CHECK(looks == 4);
}

TEST_CASE("a look that could not look is repeated, one that failed for good ends the wait",
          "[step]") {
  FakeSystems systems;
  FakeAttempt attempt(systems.time, Milliseconds{5000});
  int looks = 0;
  for (const FailureKind kind :
       {FailureKind::transient, FailureKind::timeout, FailureKind::unknown}) {
    looks = 0;
    CHECK(wait_until(systems.looks(), attempt, Milliseconds{100}, "it", [&]() -> Result<bool> {
            if (++looks < 3) return Failure{kind, "server away", "", ""};
            return true;
          }).ok());
    CHECK(looks == 3);
  }
  for (const FailureKind kind :
       {FailureKind::permanent, FailureKind::refused, FailureKind::cancelled}) {
    looks = 0;
    const auto done =
        wait_until(systems.looks(), attempt, Milliseconds{100}, "it", [&]() -> Result<bool> {
          ++looks;
          return Failure{kind, "no", "", ""};
        });
    CHECK(done.failure().kind == kind);
    CHECK(looks == 1);
  }
}

TEST_CASE("a wait whose looks never succeed names the last trouble", "[step]") {
  FakeSystems systems;
  FakeAttempt attempt(systems.time, Milliseconds{300});
  const auto done =
      wait_until(systems.looks(), attempt, Milliseconds{100}, "it", []() -> Result<bool> {
        return Failure{FailureKind::transient, "connection refused", "", ""};
      });
  CHECK(done.failure().kind == FailureKind::timeout);
  CHECK(done.failure().message.find("connection refused") != std::string::npos);
}

TEST_CASE("a cancelled wait does not look", "[step]") {
  FakeSystems systems;
  FakeAttempt attempt(systems.time);
  attempt.cancellation().request();
  const auto done =
      wait_until(systems.looks(), attempt, Milliseconds{100}, "it", []() -> Result<bool> {
        FAIL("looked");
        return true;
      });
  CHECK(done.failure().kind == FailureKind::cancelled);
}

}  // namespace ostler
