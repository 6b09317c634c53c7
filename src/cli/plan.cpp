// ostler plan: what apply would do, to be read, saved and approved.
#include "session.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/text.hpp"
#include "ostler/view/plan_text.hpp"
#include "ostler/view/values.hpp"

namespace ostler {

CommandEnd run_plan(Context& context) {
  const Invocation& invocation = context.invocation;
  auto result = prepare(context, {invocation.argument(0), invocation.argument(1), {}, nullptr});
  if (auto* ended = std::get_if<CommandEnd>(&result)) return std::move(*ended);
  const Prepared& prepared = std::get<Prepared>(result);
  const Result<Plan> plan = compile(context, prepared);
  if (!plan) return failed(plan.failure());
  const Style& style = context.console.style();
  context.console.print(
      check_summary(prepared.checks, style) + "\n" +
      plan_text(*plan, invocation.verbosity > 0 ? PlanDetail::parameters : PlanDetail::table,
                context.clock.wall(), style));
  CommandEnd end;
  end.world = "unchanged";
  end.document = {{"plan", to_json(*plan)},
                  {"preflight", to_json(prepared.checks)},
                  {"changes", !plan->nodes.empty()}};
  if (!invocation.out.empty()) {
    const std::string path =
        is_plan_file(invocation.out) ? invocation.out : invocation.out + ".ostlerplan";
    const Result<void> saved = write_file_atomically(path, to_json(*plan).dump(2) + "\n", 0644);
    if (!saved)
      return failed({FailureKind::refused, saved.failure().message,
                     "Name a file in a folder that you may write.", "usage"});
    end.document["saved"] = path;
    end.next = {"ostler apply " + path};
    context.console.print(fmt::format("\nSaved {} (digest {}, valid {}).\n", path,
                                      short_digest(plan->digest),
                                      format_duration(invocation.expires)));
  } else if (!plan->nodes.empty()) {
    end.next = {same_files("apply", invocation)};
  }
  if (invocation.detailed_exit_code && !plan->nodes.empty()) end.code = ExitCode::changes;
  return end;
}

}  // namespace ostler
