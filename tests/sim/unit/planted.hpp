#pragma once

#include "sim/simulation.hpp"

#include <catch2/catch.hpp>

namespace ostler::sim {

/// A bug that is there as long as this object is.
struct Planted {
  explicit Planted(const char* bug) { REQUIRE(plant(bug)); }
  ~Planted() { plant(""); }
  Planted(const Planted&) = delete;
  Planted& operator=(const Planted&) = delete;
};

}  // namespace ostler::sim
