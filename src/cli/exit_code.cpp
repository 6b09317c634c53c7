// The one place where outcomes and failures become exit codes.
#include "ostler/cli/exit_code.hpp"

#include <csignal>

namespace ostler {

const std::vector<ExitCodeMeaning>& exit_codes() {
  static const std::vector<ExitCodeMeaning> codes{
      {ExitCode::ok, "ok", "done as asked, healthy, or nothing to do"},
      {ExitCode::failed, "failed",
       "an error that ostler does not know, which is a bug; the journal's path is printed"},
      {ExitCode::usage, "usage",
       "a wrong flag or argument, a missing answer without a terminal, or read-only mode"},
      {ExitCode::invalid, "invalid",
       "an environment, release or plan file, or a journal, cannot be read"},
      {ExitCode::credentials, "credentials", "credentials are missing or were refused"},
      {ExitCode::blocked, "blocked",
       "a check says no, or the cluster is not the one in the environment file"},
      {ExitCode::locked, "locked", "another run holds the environment"},
      {ExitCode::stale, "stale", "the saved plan has expired or no longer fits the world"},
      {ExitCode::unreachable, "unreachable",
       "a needed system did not answer; trying again may help"},
      {ExitCode::rolled_back, "rolled_back",
       "the run failed or a gate said no; everything is back as before, verified"},
      {ExitCode::stuck, "stuck", "the undo is incomplete: a person is needed"},
      {ExitCode::held, "held", "stopped on purpose in a stable state; ostler resume goes on"},
      {ExitCode::running, "running", "we stopped watching, the run goes on"},
      {ExitCode::changes, "changes", "plan --detailed-exitcode: there is something to do"},
      {ExitCode::interrupted, "interrupted", "SIGINT before the first change"},
      {ExitCode::terminated, "terminated", "SIGTERM or SIGHUP before the first change"},
  };
  return codes;
}

std::string_view name_of(ExitCode code) {
  for (const ExitCodeMeaning& entry : exit_codes())
    if (entry.code == code) return entry.name;
  return "failed";
}

ExitCode exit_code_of(const RunEnd& end, Asked asked, Changed changed, int signal) {
  const ExitCode stopped_early =
      signal == SIGTERM || signal == SIGHUP ? ExitCode::terminated : ExitCode::interrupted;
  switch (end.ending) {
    case Ending::done:
      return ExitCode::ok;
    case Ending::rolled_back:
      return asked == Asked::back ? ExitCode::ok : ExitCode::rolled_back;
    case Ending::stuck:
      return ExitCode::stuck;
    case Ending::held:
      return ExitCode::held;
    case Ending::interrupted:
      return changed == Changed::yes ? ExitCode::held : stopped_early;
    case Ending::journal_lost:
      return changed == Changed::yes ? ExitCode::held : ExitCode::failed;
  }
  return ExitCode::failed;
}

ExitCode exit_code_of(const RunState& state) {
  switch (state.phase) {
    case Phase::committed:
      return ExitCode::ok;
    case Phase::rolled_back:
      if (state.outcome == "abandoned") return ExitCode::ok;
      return state.undoes.empty() ? ExitCode::rolled_back : ExitCode::ok;
    case Phase::parked:
      return ExitCode::stuck;
    case Phase::held:
      return ExitCode::held;
    case Phase::forward:
    case Phase::rolling_back:
      return ExitCode::held;
  }
  return ExitCode::failed;
}

ExitCode exit_code_of(const Failure& failure) {
  // Words that ostler's own parts put into `code`; everything else there is foreign.
  static const std::map<std::string, ExitCode> own{{"usage", ExitCode::usage},
                                                   {"invalid", ExitCode::invalid},
                                                   {"credentials", ExitCode::credentials},
                                                   {"locked", ExitCode::locked},
                                                   {"stale", ExitCode::stale},
                                                   {"damaged", ExitCode::stuck},
                                                   {"newer", ExitCode::invalid},
                                                   {"internal", ExitCode::failed}};
  if (const auto found = own.find(failure.code); found != own.end()) return found->second;
  switch (failure.kind) {
    case FailureKind::timeout:
    case FailureKind::transient:
    case FailureKind::unknown:
      return ExitCode::unreachable;
    case FailureKind::cancelled:
      return ExitCode::interrupted;
    case FailureKind::refused:
      return failure.code == "401" || failure.code == "403" || failure.code.starts_with("28")
                 ? ExitCode::credentials
                 : ExitCode::blocked;
    case FailureKind::permanent:
      return ExitCode::blocked;
  }
  return ExitCode::failed;
}

ExitCode exit_code_of(const std::vector<Finding>& findings) {
  const auto any = [&](const auto& wanted) {
    return std::any_of(findings.begin(), findings.end(), wanted);
  };
  if (any([](const Finding& one) { return one.outcome == Outcome::fail; }))
    return ExitCode::blocked;
  for (const ExitCode reason : {ExitCode::credentials, ExitCode::unreachable})
    if (any([reason](const Finding& one) {
          return one.outcome == Outcome::inconclusive && one.failure &&
                 exit_code_of(*one.failure) == reason;
        }))
      return reason;
  const auto open = [](const Finding& one) { return one.outcome == Outcome::inconclusive; };
  return any(open) ? ExitCode::blocked : ExitCode::ok;
}

}  // namespace ostler
