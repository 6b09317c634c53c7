// ostler resume: goes on with a held, paused, interrupted or crashed run, in the direction it was
// going.
#include "find_run.hpp"
#include "start_run.hpp"

namespace ostler {

CommandEnd run_resume(Context& context) {
  context.console.begin_view();
  const Result<RunStore> store = RunStore::open(context.variables);
  if (!store) return failed(store.failure());
  const Result<StoredRun> run = find_run(*store, context.invocation.argument(0));
  if (!run) return failed(run.failure());
  if (run->trouble)
    return failed({FailureKind::permanent, run->trouble->message, run->trouble->hint, "damaged"});
  if (run->busy)
    return failed({FailureKind::refused,
                   fmt::format("{} is running, {}", run->meta.run, summarise(*run, nullptr).holder),
                   fmt::format("Follow it with ostler log {} --follow.", run->meta.run), "locked"});
  if (!run->state.open()) return end_of(*run);
  if (run->state.plan_digest.empty())
    return failed({FailureKind::refused,
                   fmt::format("{} was ended before it began; nothing was changed", run->meta.run),
                   fmt::format("Give the command again: ostler {}.", run->meta.command), "usage"});
  const Going going = run->state.direction == Direction::back ? Going::back : Going::on;
  return continue_run(context, *store, *run, going, context.invocation.reason);
}

}  // namespace ostler
