// ostler promote, migrate, shift: one phase of a release alone.
#include "start_run.hpp"

namespace ostler {

namespace {

Scope scope_of(Command command) {
  if (command == Command::promote) return Scope::promote;
  return command == Command::migrate ? Scope::migrate : Scope::shift;
}

}  // namespace

CommandEnd run_phase(Context& context) {
  const Invocation& invocation = context.invocation;
  context.console.begin_view();
  std::optional<Plan> saved;
  std::string release = invocation.argument(1);
  if (is_plan_file(release)) {
    Result<Plan> loaded = load_plan(release);
    if (!loaded) return failed(loaded.failure());
    saved = std::move(*loaded);
    release = saved->release_path;
  }
  Claim claim;
  auto result =
      prepare(context, {invocation.argument(0), release, claiming(context, claim), nullptr});
  if (auto* ended = std::get_if<CommandEnd>(&result)) return std::move(*ended);
  const Prepared& prepared = std::get<Prepared>(result);
  // Earlier phases of the same plan have changed facts on purpose: its files and its image must
  // still be what they were, the steps are compiled for the world as it is now.
  if (saved)
    if (const Result<void> fits = verify_files(context, *saved, prepared); !fits)
      return failed(fits.failure());
  const Result<Plan> plan = compile(context, prepared, scope_of(invocation.command));
  if (!plan) return failed(plan.failure());
  if (saved && plan->image_digest != saved->image_digest)
    return failed(
        {FailureKind::refused,
         fmt::format("{} is now {}, the plan was made for {}", prepared.release.image_from,
                     plan->image_digest, saved->image_digest),
         "Make a new plan with ostler plan.", "stale"});
  return start_run(context, prepared, *plan, std::move(claim));
}

}  // namespace ostler
