// ostler rollback: undoes the newest run of an environment, finished or stuck.
#include "confirm.hpp"
#include "kind_table.hpp"
#include "start_run.hpp"

#include "ostler/base/text.hpp"
#include "ostler/view/plan_text.hpp"

namespace ostler {
namespace {

// What the checks say is shown, never in the way: a gate that blocks the fix makes an outage
// longer.
void tell_checks(Context& context, const Reached& reached) {
  const Result<CheckReport> report =
      make_checks(context, {&reached.environment, nullptr}, reached.connection->looks(), {});
  if (!report) return;
  for (const CheckAnswer& answer : report->answers)
    for (const Finding& finding : answer.findings)
      if (finding.outcome != Outcome::pass)
        context.console.warn(fmt::format("{}: {}{}{}", answer.id, finding.subject,
                                         finding.subject.empty() ? "" : ": ", finding.found));
}

CommandEnd nothing_to_undo(const StoredRun& run, std::string summary) {
  CommandEnd end;
  end.world = "before";
  end.summary = std::move(summary);
  end.document = {{"run", to_json(summarise(run, nullptr))}};
  end.next = {"ostler status " + run.meta.environment};
  return end;
}

CommandEnd undo_finished(Context& context, const RunStore& store, const StoredRun& run) {
  const Result<Plan> plan = store.plan(run);
  if (!plan) return failed(plan.failure());
  const std::unique_ptr<Kinds> kinds = make_kind_table();
  const std::vector<Undo> undos =
      plan_rollback(*plan, run.state, [&](const Node& node) { return kinds->is_traffic(node); });
  const std::string since = run.meta.ended.empty() ? "" : ", finished " + run.meta.ended;
  context.console.print(fmt::format("{} runs {} ({}{}). Undo to {}:\n{}", plan->environment,
                                    plan->version_after, run.meta.run, since, plan->version_before,
                                    undo_text(*plan, undos, context.console.style())));
  if (undos.empty())
    return nothing_to_undo(
        run, fmt::format("{} changed nothing; there is nothing to undo.", run.meta.run));
  if (context.invocation.dry_run) {
    CommandEnd end;
    end.world = "unchanged";
    end.summary = "This was a dry run; nothing was changed.";
    end.document = {{"run", to_json(summarise(run, &*plan))}, {"undo", undo_json(*plan, undos)}};
    return end;
  }
  auto result = reach(context, *plan);
  if (auto* ended = std::get_if<CommandEnd>(&result)) return std::move(*ended);
  auto& reached = std::get<Reached>(result);
  if (!context.invocation.fast) tell_checks(context, reached);
  const std::string what = fmt::format("This takes {} (cluster {}) back to {}.", plan->environment,
                                       plan->cluster_uid, plan->version_before);
  if (const Result<void> yes =
          confirm(context, {plan->environment, reached.environment.protection, plan->digest, what});
      !yes)
    return failed(yes.failure());
  Result<EnvironmentLock> lock =
      EnvironmentLock::take(store.root(), plan->cluster_uid, plan->environment,
                            "a rollback of " + run.meta.run, context.clock);
  if (!lock) return failed(lock.failure());
  const std::string reason =
      context.invocation.reason.empty() ? "rollback of " + run.meta.run : context.invocation.reason;
  Result<OpenRun> open = open_undoing_run(context, store, run, reason);
  if (!open) return failed(open.failure());
  lock->name_run(open->folder.run, context.clock);
  return drive(context, std::move(*open), *reached.connection, Going::back, reason);
}

}  // namespace

CommandEnd run_rollback(Context& context) {
  context.console.begin_view();
  const Result<RunStore> store = RunStore::open(context.variables);
  if (!store) return failed(store.failure());
  const Result<std::string> named = store->environment_name(context.invocation.argument(0));
  if (!named) return failed(named.failure());
  const std::string& environment = *named;
  const Result<std::vector<StoredRun>> runs = store->runs(environment);
  if (!runs) return failed(runs.failure());
  for (const StoredRun& run : *runs) {
    const std::string& name = run.meta.run;
    if (run.trouble)
      return failed({FailureKind::permanent, run.trouble->message, run.trouble->hint, "damaged"});
    if (run.busy)
      return failed({FailureKind::refused,
                     fmt::format("{} is running, {}", name, summarise(run, nullptr).holder),
                     fmt::format("Stop and undo it with ostler abort {}.", name), "locked"});
    if (!run.state.changed()) continue;
    if (run.state.open())
      return continue_run(context, *store, run, Going::back,
                          context.invocation.reason.empty() ? "rollback asked for by the operator"
                                                            : context.invocation.reason);
    if (run.state.phase == Phase::rolled_back)
      return nothing_to_undo(
          run, run.meta.undoes.empty()
                   ? fmt::format("{} was already undone: {} is on {}.", name, environment,
                                 run.meta.version_before)
                   : fmt::format("{} was already undone by {}: {} is on {}.", run.meta.undoes, name,
                                 environment, run.meta.version_before));
    return undo_finished(context, *store, run);
  }
  return failed(
      {FailureKind::refused,
       fmt::format("there is no run of '{}' on this machine to undo", sanitize(environment)),
       fmt::format("Runs lie in {}; set OSTLER_STATE_DIR when they lie elsewhere.",
                   store->root() + "/runs"),
       "usage"});
}

}  // namespace ostler
