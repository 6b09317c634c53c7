// ostler preflight: every check at once; says what blocks a release and what to do.
#include "session.hpp"

#include "ostler/base/file.hpp"

#include <unistd.h>

namespace ostler {
namespace {

constexpr Milliseconds between_looks{5000};

CommandEnd end_of_report(const CheckReport& report, const Invocation& invocation) {
  CommandEnd end;
  end.code = exit_code_of(report.findings());
  end.world = "unchanged";
  end.document = {{"preflight", to_json(report)}};
  if (end.code == ExitCode::ok) end.next = {same_files("plan", invocation)};
  return end;
}

}  // namespace

CommandEnd run_preflight(Context& context) {
  const Invocation& invocation = context.invocation;
  context.console.begin_view();
  Result<Environment> environment = load_environment(context, invocation.argument(0));
  const std::string release_path = invocation.argument(1);
  std::optional<Release> release;
  // An environment can be looked at without a release; a release that is named, or lies there, is
  // looked at too.
  if (!release_path.empty() || file_exists("release.yaml")) {
    Result<Release> loaded =
        load_release(context, release_path, environment ? &*environment : nullptr);
    if (!loaded && environment) return failed(loaded.failure());
    if (loaded) release = std::move(*loaded);
  }
  if (!environment) return failed(environment.failure());
  context.console.note(fmt::format("Looking at {} (context {}) ...\n", environment->name,
                                   environment->kubernetes.context));
  auto connection = connect(*environment, context.clock, context.signals.abandon());
  if (!connection) return failed(connection.failure());
  const BootTime deadline = context.clock.boot() + invocation.wait;
  for (;;) {
    const Result<CheckReport> report =
        make_checks(context, {&*environment, release ? &*release : nullptr}, (*connection)->looks(),
                    {invocation.only, invocation.skip});
    if (!report) return failed(report.failure());
    CommandEnd end = end_of_report(*report, invocation);
    const bool again = end.code != ExitCode::ok && context.clock.boot() + between_looks <= deadline;
    if (!again) {
      context.console.print(check_text(*report, context.console.style()));
      if (!invocation.skip.empty())
        context.console.warn(fmt::format(
            "{} left out: {}", invocation.skip.size() == 1 ? "one check was" : "some checks were",
            invocation.reason));
      return end;
    }
    context.console.note(fmt::format("{} of {} checks do not pass yet; looking again.\n",
                                     report->answers.size() - report->count(Outcome::pass),
                                     report->answers.size()));
    context.clock.sleep_for(between_looks, context.signals.stop());
    if (context.signals.stop().requested())
      return failed(
          {FailureKind::cancelled, "interrupted while waiting; nothing was changed", "", ""});
  }
}

}  // namespace ostler
