// One seed: a release with everything that goes wrong in it, and what must be true at its end.
#pragma once

#include "sim/invariants.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ostler::sim {

enum class Outcome {
  committed,
  rolled_back,
  undone,  ///< committed, and then rolled back by a run of its own
  parked,
  unchanged,
  unfinished
};
std::string_view to_string(Outcome outcome);

struct SeedResult {
  std::optional<Violation> violation;
  Outcome outcome = Outcome::unfinished;
  std::uint64_t hash = 0;  ///< of everything that happened
  std::vector<FaultEvent> faults;
};

struct SeedOptions {
  std::string world = "toy";
  /// Numbers of the only faults that may happen; nothing: all of them.
  std::optional<std::set<std::uint64_t>> only;
  std::function<void(const std::string&)> tell;  ///< hears each line of the story
  Observer* observer = nullptr;                  ///< sees what a user would see
};

/// Runs that seed to its end. The same seed and options give the same result, hash included.
SeedResult simulate(std::uint64_t seed, const SeedOptions& options);

/// The faults that are needed for the violation of that seed: what is left after every other one
/// was taken away, in the order in which they happen; and the result with these alone.
SeedResult shrink(std::uint64_t seed, SeedOptions options);

/// The bugs that can be planted, and planting one for this process (an empty name: none). False
/// when there is none of that name.
const std::vector<std::string>& plants();
bool plant(std::string_view bug);

}  // namespace ostler::sim
