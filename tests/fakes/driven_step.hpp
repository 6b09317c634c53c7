// One step in a ShopWorld, driven as the executor drives it.
#pragma once

#include "tests/fakes/shop_world.hpp"

#include "ostler/model/kind.hpp"

#include <memory>
#include <string>

namespace ostler {

class DrivenStep {
 public:
  DrivenStep(ShopWorld& world, const char* kind, const Json& parameters);

  Result<void> apply(Milliseconds budget = Milliseconds{600000});
  Result<void> revert(Milliseconds budget = Milliseconds{600000});
  Observation look();
  void require_ok(const Result<void>& done);

  Json before;
  std::unique_ptr<FakeAttempt> attempt;

 private:
  ShopWorld& world_;
  const char* kind_;
  std::unique_ptr<Step> step_;
};

}  // namespace ostler
