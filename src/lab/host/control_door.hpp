#pragma once

#include "ostler/lab/door.hpp"
#include "ostler/lab/http_server.hpp"
#include "ostler/lab/platform.hpp"

#include <functional>

namespace ostler::lab {

/// The lab itself over HTTP, for tests and people; nothing of it exists on a real platform. JSON in
/// and out, times as the machine's clock shows them:
///
///   GET /lab/v1/shoppers     what shoppers did since they were last counted anew
///   PUT /lab/v1/shoppers     {"rate": N}: they buy at that rate and are counted anew
///   DELETE /lab/v1/shoppers  they stop; what they did
///   GET, PUT /lab/v1/clock   {"speed": N}: virtual seconds in a real one
///   POST /lab/v1/reset       shop and tenants at version 1; shoppers go on, counted anew
class ControlDoor final : public Door {
 public:
  /// Platform and pace must outlive it. `reset_tenants` makes the tenants' databases anew.
  ControlDoor(Platform& platform, Pace& pace, std::function<Result<void>()> reset_tenants);

  /// Within an act of the pace.
  Served answer(const HttpRequest& request) override;

 private:
  Served shoppers(const HttpRequest& request);
  Served clock(const HttpRequest& request);
  Served reset(const HttpRequest& request);
  Json shopping();
  Result<void> start_over();

  Platform& platform_;
  Pace& pace_;
  std::function<Result<void>()> reset_tenants_;
};

}  // namespace ostler::lab
