// ostler show: a saved plan, or the plan of a run.
#include "kind_table.hpp"
#include "run_store.hpp"
#include "session.hpp"

#include "ostler/base/file.hpp"
#include "ostler/view/plan_text.hpp"

namespace ostler {
namespace {

// A plan file has not run: its way back is the one after every step.
RunState as_if_done(const Plan& plan) {
  RunState state;
  for (const Node& node : plan.nodes) {
    StepRecord& step = state.steps[node.id];
    step.intended = step.done = true;
    step.snapshot = Json::object();
  }
  return state;
}

}  // namespace

CommandEnd run_show(Context& context) {
  const Invocation& invocation = context.invocation;
  const std::string what = invocation.argument(0);
  std::optional<Plan> plan;
  RunState state;
  if (is_plan_file(what) || file_exists(what)) {
    Result<Plan> loaded = load_plan(what);
    if (!loaded) return failed(loaded.failure());
    plan = std::move(*loaded);
    state = as_if_done(*plan);
  } else {
    const Result<RunStore> store = RunStore::open(context.variables);
    if (!store) return failed(store.failure());
    const Result<StoredRun> run = store->find(what);
    if (!run) return failed(run.failure());
    if (run->trouble)
      return failed({FailureKind::refused, run->trouble->message, run->trouble->hint, "invalid"});
    Result<Plan> loaded = store->plan(*run);
    if (!loaded) return failed(loaded.failure());
    plan = std::move(*loaded);
    state = run->state;
  }
  const Style& style = context.console.style();
  CommandEnd end;
  end.document = {{"plan", to_json(*plan)}};
  if (invocation.undo) {
    const std::unique_ptr<Kinds> kinds = make_kind_table();
    const std::vector<Undo> undos =
        plan_rollback(*plan, state, [&](const Node& node) { return kinds->is_traffic(node); });
    end.document["undo"] = undo_json(*plan, undos);
    context.console.page(
        fmt::format("Going back from here, in this order\n{}", undo_text(*plan, undos, style)));
    return end;
  }
  context.console.page(plan_text(*plan,
                                 invocation.steps ? PlanDetail::parameters : PlanDetail::table,
                                 context.clock.wall(), style));
  return end;
}

}  // namespace ostler
