// One step in a ShopWorld, driven as the executor drives it.
#include "tests/fakes/driven_step.hpp"

#include <catch2/catch.hpp>

namespace ostler {

DrivenStep::DrivenStep(ShopWorld& world, const char* kind, const Json& parameters)
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

Result<void> DrivenStep::apply(Milliseconds budget) {
  attempt = std::make_unique<FakeAttempt>(world_.systems.time, budget);
  return step_->apply(world_.systems, before, guard_of(kind_), *attempt);
}

Result<void> DrivenStep::revert(Milliseconds budget) {
  attempt = std::make_unique<FakeAttempt>(world_.systems.time, budget);
  return step_->revert(world_.systems, before, guard_of(kind_, 2), *attempt);
}

Observation DrivenStep::look() {
  auto seen = step_->observe(world_.systems.looks(), &before);
  REQUIRE(seen.ok());
  return *seen;
}

void DrivenStep::require_ok(const Result<void>& done) {
  INFO((done.ok() ? "" : done.failure().message));
  REQUIRE(done.ok());
}

}  // namespace ostler
