// Many seeds at once: one process per core, each with every n-th seed.
#pragma once

#include "sim/simulation.hpp"

namespace ostler::sim {

struct Tally {
  std::uint64_t seeds = 0, violations = 0, committed = 0, rolled_back = 0, undone = 0;
  std::uint64_t parked = 0, unchanged = 0,
                repeated = 0;  ///< `repeated`: run twice to compare the hashes
};

/// Runs the seeds from `from` to `to` in `jobs` processes, calls `failed` with each seed that
/// violates an invariant, and stops early after `enough` of them.
Tally run_seeds(std::uint64_t from, std::uint64_t to, unsigned jobs, const SeedOptions& options,
                std::uint64_t enough,
                const std::function<void(std::uint64_t seed, const std::string& what)>& failed);

}  // namespace ostler::sim
