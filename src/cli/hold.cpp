// ostler hold: stops a running release at the next safe point and keeps what is reached.
#include "control.hpp"
#include "drive.hpp"
#include "find_run.hpp"

namespace ostler {

CommandEnd run_hold(Context& context) {
  const Result<RunStore> store = RunStore::open(context.variables);
  if (!store) return failed(store.failure());
  const Result<StoredRun> run = find_run(*store, context.invocation.argument(0));
  if (!run) return failed(run.failure());
  if (!run->busy || !run->unfinished()) return end_of(*run);
  if (context.invocation.dry_run) {
    CommandEnd end;
    end.summary = fmt::format("{} would be asked to hold; nothing was changed.", run->meta.run);
    end.world = "unchanged";
    return end;
  }
  if (const Result<void> sent = send_control(run->folder, "hold", context.invocation.reason); !sent)
    return failed(
        {FailureKind::permanent, sent.failure().message, sent.failure().hint, "internal"});
  context.console.note(
      fmt::format("Asked {} to hold; the running step settles first ...\n", run->meta.run));
  const Result<StoredRun> idle =
      wait_until_idle(*store, run->meta.run, context.clock, context.signals.stop());
  if (idle) return end_of(*idle);
  CommandEnd end = failed(idle.failure());
  end.code = ExitCode::running;
  end.world = "mixed";
  end.next = {"ostler status " + run->meta.environment};
  return end;
}

}  // namespace ostler
