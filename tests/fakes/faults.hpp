#pragma once

#include "ostler/base/result.hpp"

#include <algorithm>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ostler {

/// Failures that a test plans for a fake. `before` means that nothing happened; `after` means that
/// the effect is there and only the answer was lost.
class Faults {
 public:
  enum class When { before, after };

  /// The next `times` operations whose text contains `pattern` fail with `failure`.
  void plan(When when, std::string pattern, Failure failure, int times = 1) {
    const std::lock_guard lock(mutex_);
    planned_.push_back({when, std::move(pattern), std::move(failure), times});
  }
  void fail_before(std::string pattern, Failure failure, int times = 1) {
    plan(When::before, std::move(pattern), std::move(failure), times);
  }
  void fail_after(std::string pattern, Failure failure, int times = 1) {
    plan(When::after, std::move(pattern), std::move(failure), times);
  }

  /// For fakes: the failure planned for this operation, if any; it is then used up by one.
  std::optional<Failure> take(When when, std::string_view operation) {
    const std::lock_guard lock(mutex_);
    for (Planned& planned : planned_) {
      if (planned.when != when || planned.times == 0) continue;
      if (operation.find(planned.pattern) == std::string_view::npos) continue;
      --planned.times;
      return planned.failure;
    }
    return std::nullopt;
  }

  /// Planned failures that nobody ran into; a test that plans one usually wants none left.
  int unused() const {
    const std::lock_guard lock(mutex_);
    int left = 0;
    for (const Planned& planned : planned_) left += planned.times;
    return left;
  }

 private:
  struct Planned {
    When when;
    std::string pattern;
    Failure failure;
    int times;
  };
  mutable std::mutex mutex_;
  std::vector<Planned> planned_;
};

}  // namespace ostler
