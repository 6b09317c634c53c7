// ostler promote, migrate, shift: one phase of a release alone.
#include "start_run.hpp"

namespace ostler {

CommandEnd run_phase(Context& context) {
  const Invocation& invocation = context.invocation;
  const std::string phase = spec_of(invocation.command).name;
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
  if (saved) {
    // Earlier phases of the same plan have changed facts on purpose, so only the phase's own steps
    // look at the world.
    if (const Result<void> fits = verify_files(context, *saved, prepared); !fits)
      return failed(fits.failure());
    return start_run(context, prepared, phase_of(*saved, phase), std::move(claim));
  }
  const Result<Plan> plan = compile(context, prepared);
  if (!plan) return failed(plan.failure());
  return start_run(context, prepared, phase_of(*plan, phase), std::move(claim));
}

}  // namespace ostler
