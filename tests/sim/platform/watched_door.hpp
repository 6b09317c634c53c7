// Sees what is written at a door whose writes carry no operation number of ours.
#pragma once

#include "ostler/lab/door.hpp"

#include <functional>

namespace ostler::sim {

/// The same door; `wrote` hears of each write that was done, before its answer is under way.
class WatchedDoor final : public lab::Door {
 public:
  WatchedDoor(lab::Door& door, std::function<void(const HttpRequest&)> wrote)
      : door_(door), wrote_(std::move(wrote)) {}

  lab::Served answer(const HttpRequest& request) override {
    lab::Served served = door_.answer(request);
    const bool looks = request.method == "GET" || request.method == "HEAD";
    if (!looks && served.response.status / 100 == 2) wrote_(request);
    return served;
  }

 private:
  lab::Door& door_;
  std::function<void(const HttpRequest&)> wrote_;
};

}  // namespace ostler::sim
