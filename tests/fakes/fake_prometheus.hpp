// A Prometheus that answers expressions as a test wrote them down.
#pragma once

#include "ostler/systems/prometheus.hpp"

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace ostler {

/// Answers an expression by the rule whose pattern it contains; of several the one added last wins.
/// Without a rule it answers no samples, as the real one does for a metric that nobody exports.
class FakePrometheus final : public PrometheusLook {
 public:
  void on(std::string pattern, Result<PromAnswer> answer);
  void on_value(std::string pattern, double value);
  Result<PromAnswer> query(const std::string& expression) const override;
  Result<bool> ready() const override { return is_ready; }

  Result<bool> is_ready = true;
  mutable std::vector<std::string> asked;  ///< every expression, in order

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<std::string, Result<PromAnswer>>> rules_;
};

}  // namespace ostler
