// The words of a step's states, and the one wait that all steps use.
#include "ostler/model/step.hpp"

#include "ostler/base/text.hpp"

namespace ostler {

std::string_view to_string(RecoveryClass recovery) {
  switch (recovery) {
    case RecoveryClass::idempotent:
      return "idempotent";
    case RecoveryClass::guarded:
      return "guarded";
    case RecoveryClass::ledger:
      return "ledger";
    case RecoveryClass::observe_only:
      return "observe_only";
  }
  return "?";
}

std::string_view to_string(TargetState state) {
  switch (state) {
    case TargetState::before:
      return "before";
    case TargetState::applied:
      return "applied";
    case TargetState::partial:
      return "partial";
    case TargetState::diverged:
      return "diverged";
  }
  return "?";
}

Result<void> wait_until(const Looks& looks, Attempt& attempt, Milliseconds interval,
                        std::string_view what, const std::function<Result<bool>()>& look) {
  Clock& clock = looks.clock();
  const BootTime started = clock.boot();
  std::string trouble;
  for (;;) {
    if (attempt.cancellation().requested())
      return Failure{FailureKind::cancelled, fmt::format("waiting for {} was ended", what), "", ""};
    Result<bool> seen = look();
    trouble.clear();
    if (seen.ok()) {
      if (*seen) return {};
    } else {
      const FailureKind kind = seen.failure().kind;
      const bool could_not_look = kind == FailureKind::transient || kind == FailureKind::timeout ||
                                  kind == FailureKind::unknown;
      if (!could_not_look) return seen.failure();
      trouble = seen.failure().message;
      attempt.progress(fmt::format("{}: {}", what, trouble));
    }
    const BootTime now = clock.boot();
    if (now >= attempt.deadline()) {
      const auto waited = std::chrono::duration_cast<Milliseconds>(now - started);
      return Failure{FailureKind::timeout,
                     fmt::format("{} did not come within {}{}{}", what, format_duration(waited),
                                 trouble.empty() ? "" : ", the last look failed: ", trouble),
                     "", ""};
    }
    clock.sleep_until(std::min(now + BootTime(interval), attempt.deadline()),
                      attempt.cancellation());
  }
}

Wait waiting(const Looks& looks, Attempt& attempt, Milliseconds interval) {
  return [&looks, &attempt, interval](
             const std::string& what,
             const std::function<Result<bool>(std::string & found)>& look) -> Result<void> {
    return wait_until(looks, attempt, interval, what, [&]() -> Result<bool> {
      std::string found;
      OSTLER_TRY(const bool done, look(found));
      if (!done && !found.empty()) attempt.progress(found);
      return done;
    });
  };
}

}  // namespace ostler
