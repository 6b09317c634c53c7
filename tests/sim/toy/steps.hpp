// Steps of the toy world: the three ways in which the real kinds protect themselves.
#pragma once

#include "sim/stage.hpp"
#include "tests/fakes/toy_world.hpp"

namespace ostler::sim {

/// What toy steps work with: an HTTP client and nothing else.
class ToySystems final : public fakes::NoSystems {
 public:
  ToySystems(Clock& clock, HttpClient& http) : NoSystems(clock), http_(http) {}
  HttpClient& http() const { return http_; }

 private:
  HttpClient& http_;
};

/// The step of that kind ("toy.set", "toy.traffic", "toy.migrate", "toy.record").
std::unique_ptr<Step> make_toy_step(const Node& node);

}  // namespace ostler::sim
