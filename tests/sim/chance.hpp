// Chance of one seed, apart from the world's own: what is drawn for one question does not depend on
// how many were asked before, so that a failing seed stays the same while its faults are taken away
// one by one.
#pragma once

#include <cstdint>

namespace ostler::sim {

/// One draw out of a seed, for the question with that number.
class Chance {
 public:
  Chance(std::uint64_t seed, std::uint64_t question) : state_(mixed(seed) ^ mixed(~question)) {}

  /// From 0 up to and without `bound` (at least 1).
  std::uint64_t below(std::uint64_t bound) {
    state_ += 0x9e3779b97f4a7c15ULL;
    return mixed(state_) % bound;
  }
  std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return low + below(high - low + 1);
  }
  bool in_million(std::uint64_t parts) { return below(1'000'000) < parts; }
  bool percent(std::uint64_t parts) { return below(100) < parts; }

 private:
  // SplitMix64's output function.
  static std::uint64_t mixed(std::uint64_t value) {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
    return value ^ (value >> 31);
  }
  std::uint64_t state_;
};

}  // namespace ostler::sim
