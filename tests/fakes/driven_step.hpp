// One step in a ShopWorld, driven as the executor drives it.
#pragma once

#include "tests/fakes/shop_world.hpp"

#include "ostler/model/kind.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>

namespace ostler {

class DrivenStep {
 public:
  DrivenStep(ShopWorld& world, const char* kind, const Json& parameters)
      : world_(world), kind_(kind) {
    auto made = find_step_kind(kind)->make(parameters);
    INFO((made.ok() ? "" : made.failure().message));
    REQUIRE(made.ok());
    step_ = std::move(*made);
    auto seen = step_->observe(world_.systems.looks(), nullptr);
    INFO((seen.ok() ? "" : seen.failure().message));
    REQUIRE(seen.ok());
    before = seen->snapshot;
    world_.systems.cluster.writes.clear();
  }

  Result<void> apply(Milliseconds budget = Milliseconds{600000}) {
    attempt = std::make_unique<FakeAttempt>(world_.systems.time, budget);
    return step_->apply(world_.systems, before, guard_of(kind_), *attempt);
  }
  Result<void> revert(Milliseconds budget = Milliseconds{600000}) {
    attempt = std::make_unique<FakeAttempt>(world_.systems.time, budget);
    return step_->revert(world_.systems, before, guard_of(kind_, 2), *attempt);
  }
  Observation look() {
    auto seen = step_->observe(world_.systems.looks(), &before);
    REQUIRE(seen.ok());
    return *seen;
  }
  void require_ok(const Result<void>& done) {
    INFO((done.ok() ? "" : done.failure().message));
    REQUIRE(done.ok());
  }

  Json before;
  std::unique_ptr<FakeAttempt> attempt;

 private:
  ShopWorld& world_;
  const char* kind_;
  std::unique_ptr<Step> step_;
};

}  // namespace ostler
