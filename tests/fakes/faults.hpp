#pragma once

#include "ostler/base/result.hpp"

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
  void plan(When when, std::string pattern, Failure failure, int times = 1);
  void fail_before(std::string pattern, Failure failure, int times = 1);
  void fail_after(std::string pattern, Failure failure, int times = 1);

  /// For fakes: the failure planned for this operation, if any; it is then used up by one.
  std::optional<Failure> take(When when, std::string_view operation);

  /// Planned failures that nobody ran into; a test that plans one usually wants none left.
  int unused() const;

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
