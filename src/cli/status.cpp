// ostler status: what each environment is doing, from the runs of this machine.
#include "context.hpp"
#include "run_store.hpp"

namespace ostler {
namespace {

RunSummary with_plan(const RunStore& store, const StoredRun& run) {
  const Result<Plan> plan = store.plan(run);
  return summarise(run, plan ? &*plan : nullptr);
}

}  // namespace

CommandEnd run_status(Context& context) {
  const Invocation& invocation = context.invocation;
  const Result<RunStore> store = RunStore::open(context.variables);
  if (!store) return failed(store.failure());
  std::vector<RunSummary> newest;
  bool broken = false;
  const auto add = [&](const StoredRun& run) {
    const bool known = std::any_of(newest.begin(), newest.end(), [&](const RunSummary& summary) {
      return summary.environment == run.meta.environment;
    });
    // A run that never changed anything says nothing about the environment, unless it is going on.
    if (known || (!run.trouble && !run.busy && !run.state.changed())) return;
    newest.push_back(with_plan(*store, run));
    broken = broken || run.trouble.has_value();
  };
  if (invocation.arguments.empty()) {
    const Result<std::vector<StoredRun>> all = store->runs("");
    if (!all) return failed(all.failure());
    for (const StoredRun& run : *all) add(run);
  }
  for (const std::string& environment : invocation.arguments) {
    const Result<StoredRun> any = store->find(environment);
    if (!any) return failed(any.failure());
    const Result<std::vector<StoredRun>> runs = store->runs(any->meta.environment);
    if (!runs) return failed(runs.failure());
    for (const StoredRun& run : *runs) add(run);
  }
  CommandEnd end;
  if (broken) end.code = ExitCode::invalid;
  Json environments = Json::array();
  for (const RunSummary& summary : newest) environments.push_back(to_json(summary));
  end.document = {{"environments", environments}};
  context.console.print(invocation.porcelain.empty()
                            ? status_text(newest, context.clock.wall(), context.console.style())
                            : status_porcelain(newest));
  return end;
}

}  // namespace ostler
