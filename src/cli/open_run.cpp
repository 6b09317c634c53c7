// Opens runs: new ones, begun ones, and those that undo a finished one.
#include "drive.hpp"

#include "ostler/base/file.hpp"

namespace ostler {
namespace {

std::string command_name(const Context& context) {
  return spec_of(context.invocation.command).name;
}

Failure damaged(const StoredRun& run, const Failure& failure) {
  return {
      FailureKind::permanent, fmt::format("{}: {}", run.meta.run, failure.message),
      fmt::format("Nothing was done. Keep {} and look at the targets by hand.", run.folder.path),
      failure.code.empty() ? "damaged" : failure.code};
}

Result<OpenRun> create(Context& context, const RunStore& store, const Plan& plan, RunMeta meta,
                       std::vector<Entry> entries) {
  OpenRun run;
  OSTLER_TRY(run.folder, store.create(plan.environment));
  meta.run = run.folder.run;
  meta.environment = plan.environment;
  meta.environment_path = plan.environment_path;
  meta.cluster_uid = plan.cluster_uid;
  meta.release = plan.release;
  meta.version_before = plan.version_before;
  meta.version_after = plan.version_after;
  meta.plan_digest = plan.digest;
  meta.command = command_name(context);
  meta.actor = actor(context.variables);
  meta.reason = context.invocation.reason;
  meta.process = this_process();
  meta.started = format_utc(context.clock.wall());
  run.meta = std::move(meta);
  run.plan = plan;
  OSTLER_CHECK(write_file_atomically(run.folder.plan(), to_json(plan).dump(2) + "\n"));
  OSTLER_CHECK(write_meta(run.folder, run.meta));
  OSTLER_TRY(run.journal,
             create_journal(run.folder.journal(), run.folder.run, run.meta.actor, context.clock));
  OSTLER_CHECK(run.journal->append(entries));
  return run;
}

Failure internal(Failure failure) {
  if (failure.code != "locked") failure.code = "internal";
  return failure;
}

}  // namespace

Result<OpenRun> open_new_run(Context& context, const RunStore& store, const Plan& plan) {
  Result<OpenRun> run =
      create(context, store, plan, {}, {run_open(plan, "", context.invocation.reason)});
  if (!run) return internal(run.failure());
  return run;
}

Result<OpenRun> reopen_run(Context& context, const RunStore& store, const StoredRun& stored) {
  if (stored.trouble) return damaged(stored, *stored.trouble);
  OpenRun run;
  run.folder = stored.folder;
  run.meta = stored.meta;
  OSTLER_TRY(run.plan, store.plan(stored));
  auto journal = open_journal(stored.folder.journal(), stored.folder.run, actor(context.variables),
                              context.clock);
  if (!journal) return damaged(stored, journal.failure());
  run.journal = std::move(*journal);
  if (run.plan.digest != fold(run.journal->records()).plan_digest)
    return damaged(stored,
                   {FailureKind::permanent,
                    "the plan in its folder is not the one the run was opened with", "", ""});
  return run;
}

Result<OpenRun> open_undoing_run(Context& context, const RunStore& store, const StoredRun& undone,
                                 const std::string& reason) {
  if (undone.trouble) return damaged(undone, *undone.trouble);
  OSTLER_TRY(const Plan plan, store.plan(undone));
  const Result<JournalReading> reading = peek_journal(undone.folder.journal(), undone.folder.run);
  if (!reading) return damaged(undone, reading.failure());
  if (reading->damage) return damaged(undone, *reading->damage);
  std::vector<Entry> entries =
      undoing_entries(plan, undone.folder.run, reading->records, context.invocation.reason, reason);
  RunMeta meta;
  meta.undoes = undone.folder.run;
  Result<OpenRun> run = create(context, store, plan, std::move(meta), std::move(entries));
  if (!run) return internal(run.failure());
  return run;
}

Result<void> clear_the_way(Context& context, const RunStore& store,
                           const std::string& environment) {
  OSTLER_TRY(const std::vector<StoredRun> runs, store.runs(environment));
  for (const StoredRun& run : runs) {
    if (run.trouble)
      return Failure{
          FailureKind::refused,
          fmt::format("the journal of {} cannot be trusted: {}", run.meta.run,
                      run.trouble->message),
          fmt::format("Look at the targets by hand, then move {} away.", run.folder.path),
          "damaged"};
    if (!run.state.open()) continue;
    if (run.state.changed())
      return Failure{FailureKind::refused, fmt::format("{} is not finished", run.meta.run),
                     fmt::format("Go on with ostler resume {0}, or undo it with ostler abort {0}.",
                                 run.meta.run),
                     "locked"};
    auto journal =
        open_journal(run.folder.journal(), run.folder.run, actor(context.variables), context.clock);
    if (!journal) return journal.failure();
    OSTLER_CHECK((*journal)->append(
        {{"RUN_CLOSE", {{"outcome", "abandoned"}, {"reason", "it never changed anything"}}, 0}}));
  }
  return {};
}

}  // namespace ostler
