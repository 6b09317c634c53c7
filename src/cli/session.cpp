// From the files a user names to a plan: reading, reaching, checking, surveying.
#include "session.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/text.hpp"

#include <future>

namespace ostler {
namespace {

Failure invalid(const std::string& path) {
  return {FailureKind::refused, fmt::format("{} cannot be used as it is", path),
          "Correct what is named above.", "invalid"};
}

CommandEnd blocked(Context& context, const CheckReport& report) {
  context.console.print(check_text(report, context.console.style()));
  CommandEnd end;
  end.code = exit_code_of(report.findings());
  end.world = "unchanged";
  end.document = {{"preflight", to_json(report)}};
  end.next = {same_files("preflight", context.invocation)};
  return end;
}

// Cluster, checks and survey; the end of the command when one of them says no.
std::optional<CommandEnd> look(Context& context, const Preparation& wanted, Prepared& prepared) {
  const Looks& looks = prepared.connection->looks();
  if (const Result<void> known = verify_cluster(prepared.environment, looks); !known)
    return failed(known.failure());
  // Checks and survey look at the same systems; together they take as long as the slowest look.
  auto surveying = std::async(
      std::launch::async, [&] { return survey(prepared.environment, prepared.release, looks); });
  Result<CheckReport> report =
      make_checks(context, {&prepared.environment, &prepared.release}, looks, {});
  Result<Survey> surveyed = surveying.get();
  if (!report) return failed(report.failure());
  prepared.checks = std::move(*report);
  if (surveyed && wanted.planned != nullptr)
    if (const Result<void> fits = verify_facts(*wanted.planned, *surveyed); !fits)
      return failed(fits.failure());
  if (prepared.checks.count(Outcome::fail) + prepared.checks.count(Outcome::inconclusive) > 0)
    return blocked(context, prepared.checks);
  if (!surveyed) return failed(surveyed.failure());
  prepared.survey = std::move(*surveyed);
  return std::nullopt;
}

}  // namespace

Result<Environment> load_environment(Context& context, const std::string& typed) {
  Result<std::string> path = find_environment(typed);
  if (!path) {
    Failure failure = path.failure();
    failure.code = "invalid";
    return failure;
  }
  Diagnostics diagnostics;
  std::optional<Environment> environment = read_environment(*path, diagnostics);
  context.console.show(diagnostics);
  if (!environment) return invalid(*path);
  if (const Result<void> meant = check_environment_name(*environment, typed); !meant) {
    Failure failure = meant.failure();
    failure.code = "invalid";
    return failure;
  }
  return std::move(*environment);
}

Result<Release> load_release(Context& context, const std::string& typed,
                             const Environment* environment) {
  const std::string path = typed.empty() ? "release.yaml" : typed;
  Diagnostics diagnostics;
  std::optional<Release> release = read_release(path, environment, diagnostics);
  context.console.show(diagnostics);
  if (!release) return invalid(path);
  return std::move(*release);
}

Result<Scenario> load_scenario(Context& context, const std::string& path) {
  Diagnostics diagnostics;
  std::optional<Scenario> scenario = read_scenario(path, diagnostics);
  context.console.show(diagnostics);
  if (!scenario) return invalid(path);
  return std::move(*scenario);
}

bool is_plan_file(const std::string& argument) {
  return argument.ends_with(".ostlerplan");
}

std::string same_files(std::string_view command, const Invocation& invocation) {
  return fmt::format("ostler {} {}", command, fmt::join(invocation.arguments, " "));
}

Result<Plan> load_plan(const std::string& path) {
  const Result<std::string> text = read_file(path);
  if (!text)
    return Failure{FailureKind::refused, text.failure().message, text.failure().hint, "invalid"};
  Result<Plan> plan = parse_plan(*text);
  if (!plan)
    return Failure{
        FailureKind::refused, fmt::format("{}: {}", path, plan.failure().message),
        plan.failure().hint.empty() ? "Make it again with ostler plan --out." : plan.failure().hint,
        "invalid"};
  return plan;
}

std::variant<Prepared, CommandEnd> prepare(Context& context, const Preparation& wanted) {
  Prepared prepared;
  Result<Environment> environment = load_environment(context, wanted.environment);
  if (!environment) {
    // The other file's mistakes are shown in the same go.
    (void)load_release(context, wanted.release, nullptr);
    return failed(environment.failure());
  }
  prepared.environment = std::move(*environment);
  Result<Release> release = load_release(context, wanted.release, &prepared.environment);
  if (!release) return failed(release.failure());
  prepared.release = std::move(*release);
  if (wanted.planned != nullptr)
    if (const Result<void> fits = verify_files(context, *wanted.planned, prepared); !fits)
      return failed(fits.failure());
  if (wanted.claim)
    if (const Result<void> claimed = wanted.claim(prepared.environment); !claimed)
      return failed(claimed.failure());
  context.console.note(fmt::format("Looking at {} (context {}) ...\n", prepared.environment.name,
                                   prepared.environment.kubernetes.context));
  auto connection = connect(prepared.environment, context.clock, context.signals.abandon());
  if (!connection) return failed(connection.failure());
  prepared.connection = std::move(*connection);
  if (std::optional<CommandEnd> ended = look(context, wanted, prepared)) return std::move(*ended);
  return prepared;
}

Result<Plan> compile(Context& context, const Prepared& prepared, Scope scope) {
  Release release = prepared.release;
  if (context.invocation.on_failure) release.on_failure = *context.invocation.on_failure;
  return make_plan(prepared.environment, release, prepared.survey, context.clock.wall(),
                   context.invocation.expires, scope);
}

Result<void> verify_files(Context& context, const Plan& plan, const Prepared& prepared) {
  const Environment& environment = prepared.environment;
  if (environment.name != plan.environment ||
      environment.kubernetes.cluster_uid != plan.cluster_uid)
    return Failure{
        FailureKind::refused,
        fmt::format("the plan is for environment '{}' on cluster {}, but {} is '{}' on cluster {}",
                    plan.environment, plan.cluster_uid, environment.path, environment.name,
                    environment.kubernetes.cluster_uid),
        "Run the plan where it was made for.", "cluster"};
  const auto stale = [](std::string message) {
    return Failure{FailureKind::refused, std::move(message), "Make a new plan with ostler plan.",
                   "stale"};
  };
  if (context.clock.wall() >= plan.expires)
    return stale(
        fmt::format("the plan has expired: it was valid until {}", format_utc(plan.expires)));
  if (environment.digest != plan.environment_digest)
    return stale(fmt::format("{} has changed since the plan was made", environment.path));
  if (prepared.release.digest != plan.release_digest)
    return stale(fmt::format("{} or one of its migrations has changed since the plan was made",
                             prepared.release.path));
  return {};
}

Result<void> verify_facts(const Plan& plan, const Survey& survey) {
  const std::vector<std::string> differences = compare_facts(plan.facts, survey.facts);
  if (differences.empty()) return {};
  return Failure{
      FailureKind::refused,
      fmt::format("the world is not what the plan rests on:\n  {}", join(differences, "\n  ")),
      "Look at what changed, then make a new plan with ostler plan.", "stale"};
}

}  // namespace ostler
