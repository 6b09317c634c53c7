#pragma once

#include "run_store.hpp"

#include "ostler/base/clock.hpp"

#include <string>

namespace ostler {

/// Asks the process that drives the run to "hold" or "abort"; its executor looks between steps and
/// while gates wait.
Result<void> send_control(const RunFolder& folder, const std::string& command,
                          const std::string& reason);
/// What was asked: "", "hold" or "abort".
std::string read_control(const RunFolder& folder);
/// Forgets what was asked, before a run is driven again.
void clear_control(const RunFolder& folder);

/// Waits until no process drives the run any more, and gives the run as it then stands. `cancelled`
/// when interrupted.
Result<StoredRun> wait_until_idle(const RunStore& store, const std::string& run, Clock& clock,
                                  const Cancellation& stop);

}  // namespace ostler
