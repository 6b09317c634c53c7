#pragma once

#include "ostler/base/clock.hpp"
#include "ostler/base/result.hpp"
#include "ostler/model/kind.hpp"

#include <functional>
#include <string>
#include <vector>

namespace ostler {

/// What one check said.
struct CheckResult {
  const CheckKind* kind = nullptr;
  std::vector<Finding> findings;  ///< empty when it had nothing to look at
  Milliseconds elapsed{0};
};

struct CheckRun {
  std::vector<std::string> only, skip;  ///< names of checks; empty `only`: all
  Milliseconds deadline{30000};  ///< for each check; what has not answered by then is inconclusive
  /// Called from the calling thread for each check, in the order in which they end.
  std::function<void(const CheckResult&)> on_result;
};

/// Makes the checks, each in a thread of its own, and gives what they said in the order of `kinds`.
/// A check that is late is told as inconclusive at its deadline, and its answer no longer counts;
/// the call itself returns when the last look has ended, which the timeouts of the transports
/// bound. Fails as `refused` with code "usage" when a name is no check.
Result<std::vector<CheckResult>> run_checks(
    const CheckSubject& subject, const Looks& looks, const CheckRun& run,
    const std::vector<const CheckKind*>& kinds = check_kinds());

}  // namespace ostler
