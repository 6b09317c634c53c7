// Failures that a test plans for a fake.
#include "tests/fakes/faults.hpp"

namespace ostler {

void Faults::plan(When when, std::string pattern, Failure failure, int times) {
  const std::lock_guard lock(mutex_);
  planned_.push_back({when, std::move(pattern), std::move(failure), times});
}

void Faults::fail_before(std::string pattern, Failure failure, int times) {
  plan(When::before, std::move(pattern), std::move(failure), times);
}

void Faults::fail_after(std::string pattern, Failure failure, int times) {
  plan(When::after, std::move(pattern), std::move(failure), times);
}

std::optional<Failure> Faults::take(When when, std::string_view operation) {
  const std::lock_guard lock(mutex_);
  for (Planned& planned : planned_) {
    if (planned.when != when || planned.times == 0) continue;
    if (operation.find(planned.pattern) == std::string_view::npos) continue;
    --planned.times;
    return planned.failure;
  }
  return std::nullopt;
}

int Faults::unused() const {
  const std::lock_guard lock(mutex_);
  int left = 0;
  for (const Planned& planned : planned_) left += planned.times;
  return left;
}

}  // namespace ostler
