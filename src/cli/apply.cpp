// ostler apply: a saved plan, or checks, plan, question and run in one go.
#include "start_run.hpp"

namespace ostler {
namespace {

// A plan that was applied before: its unfinished run goes on, its finished one is enough.
std::optional<CommandEnd> earlier_run(Context& context, const Plan& plan) {
  const Result<RunStore> store = RunStore::open(context.variables);
  if (!store) return failed(store.failure());
  const Result<std::vector<StoredRun>> runs = store->runs(plan.environment);
  if (!runs) return failed(runs.failure());
  for (const StoredRun& run : *runs)
    if (run.meta.plan_digest == plan.digest && run.meta.undoes.empty() && run.unfinished() &&
        run.state.changed() && !run.busy)
      return continue_run(context, *store, run, Going::on, context.invocation.reason);
  if (runs->empty()) return std::nullopt;
  const StoredRun& newest = runs->front();
  if (newest.meta.plan_digest == plan.digest && !newest.trouble &&
      newest.state.phase == Phase::committed)
    return end_of(newest);
  return std::nullopt;
}

CommandEnd apply_plan(Context& context, const std::string& path) {
  const Result<Plan> plan = load_plan(path);
  if (!plan) return failed(plan.failure());
  if (std::optional<CommandEnd> ended = earlier_run(context, *plan)) return std::move(*ended);
  Claim claim;
  auto result = prepare(
      context, {plan->environment_path, plan->release_path, claiming(context, claim), &*plan});
  if (auto* ended = std::get_if<CommandEnd>(&result)) return std::move(*ended);
  return start_run(context, std::get<Prepared>(result), *plan, std::move(claim));
}

}  // namespace

CommandEnd run_apply(Context& context) {
  const Invocation& invocation = context.invocation;
  context.console.begin_view();
  if (is_plan_file(invocation.argument(0))) {
    if (invocation.arguments.size() > 1)
      return failed({FailureKind::refused, "a saved plan takes no release file",
                     "The plan holds everything.", "usage"});
    return apply_plan(context, invocation.argument(0));
  }
  Claim claim;
  auto result = prepare(
      context, {invocation.argument(0), invocation.argument(1), claiming(context, claim), nullptr});
  if (auto* ended = std::get_if<CommandEnd>(&result)) return std::move(*ended);
  const Prepared& prepared = std::get<Prepared>(result);
  context.console.print(check_summary(prepared.checks, context.console.style()) + "\n");
  const Result<Plan> plan = compile(context, prepared);
  if (!plan) return failed(plan.failure());
  return start_run(context, prepared, *plan, std::move(claim));
}

}  // namespace ostler
