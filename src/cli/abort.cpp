// ostler abort: stops a running or held release and undoes it.
#include "control.hpp"
#include "find_run.hpp"
#include "start_run.hpp"

namespace ostler {
namespace {

CommandEnd abort_running(Context& context, const RunStore& store, const StoredRun& run,
                         const std::string& reason) {
  if (const Result<void> sent = send_control(run.folder, "abort", reason); !sent)
    return failed(
        {FailureKind::permanent, sent.failure().message, sent.failure().hint, "internal"});
  context.console.note(
      fmt::format("Asked {} to stop and undo; the running step settles first ...\n", run.meta.run));
  const Result<StoredRun> idle =
      wait_until_idle(store, run.meta.run, context.clock, context.signals.stop());
  if (!idle) {
    CommandEnd end = failed(idle.failure());
    end.code = ExitCode::running;
    end.world = "mixed";
    end.next = {"ostler status " + run.meta.environment};
    return end;
  }
  // The process may have died instead of undoing; then it is done from here.
  if (idle->unfinished() && idle->state.changed() && idle->state.phase != Phase::parked)
    return continue_run(context, store, *idle, Going::back, reason);
  return end_of(*idle);
}

}  // namespace

CommandEnd run_abort(Context& context) {
  context.console.begin_view();
  const Result<RunStore> store = RunStore::open(context.variables);
  if (!store) return failed(store.failure());
  const Result<StoredRun> run = find_run(*store, context.invocation.argument(0));
  if (!run) return failed(run.failure());
  if (run->trouble)
    return failed({FailureKind::permanent, run->trouble->message, run->trouble->hint, "damaged"});
  if (!run->state.open()) return end_of(*run);
  const std::string reason =
      context.invocation.reason.empty() ? "aborted by the operator" : context.invocation.reason;
  if (run->busy && !context.invocation.dry_run) return abort_running(context, *store, *run, reason);
  return continue_run(context, *store, *run, Going::back, reason);
}

}  // namespace ostler
