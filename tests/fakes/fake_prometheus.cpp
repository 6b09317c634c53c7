// A Prometheus in memory.
#include "tests/fakes/fake_prometheus.hpp"

namespace ostler {

void FakePrometheus::on(std::string pattern, Result<PromAnswer> answer) {
  const std::lock_guard lock(mutex_);
  rules_.emplace_back(std::move(pattern), std::move(answer));
}

void FakePrometheus::on_value(std::string pattern, double value) {
  PromAnswer answer;
  answer.samples.push_back({{}, value, WallTime{}});
  on(std::move(pattern), std::move(answer));
}

Result<PromAnswer> FakePrometheus::query(const std::string& expression) const {
  const std::lock_guard lock(mutex_);
  asked.push_back(expression);
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule)
    if (expression.find(rule->first) != std::string::npos) return rule->second;
  return PromAnswer{};
}

}  // namespace ostler
