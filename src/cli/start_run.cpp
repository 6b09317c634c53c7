// The common way of all commands that change something: show, ask, lock, run.
#include "start_run.hpp"

#include "confirm.hpp"
#include "control.hpp"
#include "kind_table.hpp"

#include "ostler/base/text.hpp"
#include "ostler/view/plan_text.hpp"
#include "ostler/view/values.hpp"

namespace ostler {
namespace {

std::string what_changes(const Plan& plan, const Environment& environment) {
  std::string text =
      fmt::format("This changes {} (cluster {}, context {}): {} to {}, {}.", plan.environment,
                  plan.cluster_uid, environment.kubernetes.context, plan.version_before,
                  plan.version_after, counted(plan.nodes.size(), "step"));
  if (!plan.pivot.empty()) text += fmt::format(" After {} undo loses data.", plan.pivot);
  return text;
}

Result<void> known_step(const Plan& plan, const std::string& step) {
  if (step.empty() || plan.node(step) != nullptr) return {};
  return Failure{FailureKind::refused,
                 fmt::format("--pause-before: the plan has no step '{}'", sanitize(step)),
                 "ostler plan shows the steps.", "usage"};
}

}  // namespace

std::function<Result<void>(const Environment&)> claiming(Context& context, Claim& claim) {
  return [&context, &claim](const Environment& environment) -> Result<void> {
    if (context.invocation.dry_run) return {};
    OSTLER_TRY(claim.store, RunStore::open(context.variables));
    OSTLER_TRY(claim.lock, EnvironmentLock::take(
                               claim.store->root(), environment.kubernetes.cluster_uid,
                               environment.name, "a run that is being planned", context.clock));
    return clear_the_way(context, *claim.store, environment.name);
  };
}

CommandEnd start_run(Context& context, const Prepared& prepared, const Plan& plan, Claim claim) {
  const Invocation& invocation = context.invocation;
  Console& console = context.console;
  console.print(plan_text(plan,
                          invocation.verbosity > 0 ? PlanDetail::parameters : PlanDetail::table,
                          context.clock.wall(), console.style()));
  if (const Result<void> known = known_step(plan, invocation.pause_before); !known)
    return failed(known.failure());
  CommandEnd nothing;
  nothing.world = "unchanged";
  nothing.document = {{"plan", to_json(plan)}};
  if (plan.nodes.empty()) {
    nothing.summary = fmt::format("{} has nothing to do.", spec_of(invocation.command).name);
    return nothing;
  }
  if (invocation.dry_run) {
    nothing.summary = "This was a dry run; nothing was changed.";
    return nothing;
  }
  const Environment& environment = prepared.environment;
  if (const Result<void> yes = confirm(context, {environment.name, environment.protection,
                                                 plan.digest, what_changes(plan, environment)});
      !yes)
    return failed(yes.failure());
  Result<OpenRun> run = open_new_run(context, *claim.store, plan);
  if (!run) return failed(run.failure());
  claim.lock->name_run(run->folder.run, context.clock);
  return drive(context, std::move(*run), *prepared.connection, Going::on, "");
}

std::variant<Reached, CommandEnd> reach(Context& context, const Plan& plan) {
  Reached reached;
  Result<Environment> environment = load_environment(context, plan.environment_path);
  if (!environment) return failed(environment.failure());
  reached.environment = std::move(*environment);
  if (reached.environment.name != plan.environment ||
      reached.environment.kubernetes.cluster_uid != plan.cluster_uid)
    return failed(
        {FailureKind::refused,
         fmt::format("{} is now '{}' on cluster {}, the run belongs to '{}' on cluster {}",
                     plan.environment_path, reached.environment.name,
                     reached.environment.kubernetes.cluster_uid, plan.environment,
                     plan.cluster_uid),
         "Put the environment file back as it was.", "cluster"});
  if (reached.environment.digest != plan.environment_digest)
    context.console.warn(
        fmt::format("{} has changed since the run was planned; the steps stay as planned",
                    plan.environment_path));
  auto connection = connect(reached.environment, context.clock, context.signals.abandon());
  if (!connection) return failed(connection.failure());
  reached.connection = std::move(*connection);
  if (const Result<void> known = verify_cluster(reached.environment, reached.connection->looks());
      !known)
    return failed(known.failure());
  return reached;
}

CommandEnd continue_run(Context& context, const RunStore& store, const StoredRun& run, Going going,
                        const std::string& reason) {
  const Invocation& invocation = context.invocation;
  Result<Plan> plan = store.plan(run);
  if (!plan) return failed(plan.failure());
  const Style& style = context.console.style();
  const bool back = going == Going::back || run.state.direction == Direction::back;
  const std::unique_ptr<Kinds> kinds = make_kind_table();
  const std::vector<Undo> undos =
      plan_rollback(*plan, run.state, [&](const Node& node) { return kinds->is_traffic(node); });
  if (back)
    context.console.print(fmt::format("{}: going back to {}\n{}", run.meta.run,
                                      plan->version_before, undo_text(*plan, undos, style)));
  if (const Result<void> known = known_step(*plan, invocation.pause_before); !known)
    return failed(known.failure());
  if (invocation.dry_run) {
    CommandEnd end;
    end.world = "unchanged";
    end.summary = "This was a dry run; nothing was changed.";
    end.document = {{"run", to_json(summarise(run, &*plan))},
                    {"undo", back ? undo_json(*plan, undos) : Json::array()}};
    return end;
  }
  const Result<EnvironmentLock> lock = EnvironmentLock::take(
      store.root(), plan->cluster_uid, plan->environment, run.meta.run, context.clock);
  if (!lock) return failed(lock.failure());
  auto result = reach(context, *plan);
  if (auto* ended = std::get_if<CommandEnd>(&result)) return std::move(*ended);
  auto& reached = std::get<Reached>(result);
  const std::string what =
      fmt::format("{} {} of {} (cluster {}).", back ? "This undoes" : "This goes on with",
                  run.meta.run, plan->environment, plan->cluster_uid);
  if (const Result<void> yes =
          confirm(context, {plan->environment, reached.environment.protection, plan->digest, what});
      !yes)
    return failed(yes.failure());
  Result<OpenRun> open = reopen_run(context, store, run);
  if (!open) return failed(open.failure());
  // Between looking and locking another process may have brought it to its end.
  if (!fold(open->journal->records()).open()) {
    const Result<StoredRun> ended = store.read(run.meta.run);
    return ended ? end_of(*ended) : failed(ended.failure());
  }
  return drive(context, std::move(*open), *reached.connection, back ? Going::back : Going::on,
               reason);
}

}  // namespace ostler
