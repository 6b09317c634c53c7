#pragma once

#include "drive.hpp"

namespace ostler {

/// From a plan that fits the world to its end: shows it, asks, locks the environment, runs.
CommandEnd start_run(Context& context, const Prepared& prepared, const Plan& plan);

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
