// Which run a command means.
#include "find_run.hpp"

#include "ostler/base/text.hpp"

namespace ostler {

Result<StoredRun> find_run(const RunStore& store, const std::string& typed) {
  if (!typed.empty()) {
    OSTLER_TRY(StoredRun found, store.find(typed));
    if (found.meta.run == typed) return found;
    // Of an environment, an older run that is not finished comes before a newer one that is.
    OSTLER_TRY(const std::vector<StoredRun> all, store.runs(found.meta.environment));
    for (const StoredRun& run : all)
      if (run.unfinished() && (run.busy || run.state.changed())) return run;
    return found;
  }
  OSTLER_TRY(const std::vector<StoredRun> all, store.runs(""));
  std::vector<StoredRun> unfinished;
  std::vector<std::string> names;
  for (const StoredRun& run : all)
    if (run.unfinished() && (run.busy || run.state.changed())) {
      unfinished.push_back(run);
      names.push_back(run.meta.run);
    }
  if (unfinished.size() == 1) return unfinished.front();
  if (unfinished.empty())
    return Failure{FailureKind::refused, "there is no unfinished run on this machine",
                   "ostler history lists the runs.", "usage"};
  return Failure{FailureKind::refused,
                 fmt::format("several runs are not finished: {}", join(names, ", ")),
                 "Say which one.", "usage"};
}

}  // namespace ostler
