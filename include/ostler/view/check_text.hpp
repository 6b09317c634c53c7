#pragma once

#include "ostler/model/check.hpp"
#include "ostler/view/style.hpp"

#include <string>
#include <vector>

namespace ostler {

/// What one check said. `findings` is empty when it had nothing to look at.
struct CheckAnswer {
  std::string id, code, system, summary, remedy;
  std::vector<Finding> findings;
  Milliseconds elapsed{0};

  Outcome outcome() const;  ///< the worst of the findings
};

/// One preflight.
struct CheckReport {
  std::string environment;
  std::vector<CheckAnswer> answers;
  Milliseconds elapsed{0};

  std::size_t count(Outcome outcome) const;
  std::vector<Finding> findings() const;  ///< of all checks
};

/// A line per system, then what failed in full with found, wanted and what to do, then the sum.
std::string check_text(const CheckReport& report, const Style& style);
/// The short form where all passed: "Preflight  14 checks  2.9s" and the systems.
std::string check_summary(const CheckReport& report, const Style& style);
/// The failed and inconclusive findings in full.
std::string check_failures(const CheckReport& report, const Style& style);
Json to_json(const CheckReport& report);
/// The data of a check.result event.
Json check_event(const CheckAnswer& answer, const Finding& finding);

}  // namespace ostler
