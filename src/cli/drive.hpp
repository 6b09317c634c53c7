#pragma once

#include "environment_lock.hpp"
#include "run_store.hpp"
#include "session.hpp"

namespace ostler {

/// A run with everything needed to drive it: its journal open, its environment locked.
struct OpenRun {
  RunFolder folder;
  RunMeta meta;
  Plan plan;
  std::unique_ptr<Journal> journal;
};

/// Who runs this: user and host, with the CI job where there is one.
std::string actor(const Variables& variables);

/// A new run: folder, plan, metadata, journal with RUN_OPEN.
Result<OpenRun> open_new_run(Context& context, const RunStore& store, const Plan& plan);
/// A run that was begun before. Fails as "damaged" when its journal cannot be trusted.
Result<OpenRun> reopen_run(Context& context, const RunStore& store, const StoredRun& stored);
/// A new run that undoes a finished one: its journal begins with what the old run intended, and
/// with the turn back.
Result<OpenRun> open_undoing_run(Context& context, const RunStore& store, const StoredRun& undone,
                                 const std::string& reason);

enum class Going { on, back };
/// Drives the run to an end and says what is true then.
CommandEnd drive(Context& context, OpenRun run, Connection& connection, Going going,
                 const std::string& reason);

/// The end of a command for a run as it stands, when this process did not drive it.
CommandEnd end_of(const StoredRun& run);

/// Closes runs of the environment that were opened but never changed anything, and refuses as
/// "locked" when one that did is not finished.
Result<void> clear_the_way(Context& context, const RunStore& store, const std::string& environment);

}  // namespace ostler
