#pragma once

#include "drive.hpp"

namespace ostler {

/// The environment's lock and the store of its runs, taken before the world is looked at: a look
/// during another run's changes would only confuse.
struct Claim {
  std::optional<RunStore> store;
  std::optional<EnvironmentLock> lock;
};
/// For `Preparation::claim`. With --dry-run nothing is taken.
std::function<Result<void>(const Environment&)> claiming(Context& context, Claim& claim);

/// From a plan that fits the world to its end: shows it, asks, runs.
CommandEnd start_run(Context& context, const Prepared& prepared, const Plan& plan, Claim claim);

/// Goes on with an unfinished run, in the direction it was going; or turns it round first.
CommandEnd continue_run(Context& context, const RunStore& store, const StoredRun& run, Going going,
                        const std::string& reason);

/// The environment file of a plan that was made earlier, and its systems, the cluster verified.
struct Reached {
  Environment environment;
  std::unique_ptr<Connection> connection;
};
std::variant<Reached, CommandEnd> reach(Context& context, const Plan& plan);

}  // namespace ostler
