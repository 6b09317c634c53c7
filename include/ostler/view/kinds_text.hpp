#pragma once

#include "ostler/model/kind.hpp"
#include "ostler/view/style.hpp"

#include <string>
#include <vector>

namespace ostler {

/// All kinds, one line each.
std::string kinds_text(const std::vector<const StepKind*>& steps,
                       const std::vector<const CheckKind*>& checks,
                       const std::vector<const IndicatorKind*>& indicators, const Style& style);
std::string kind_text(const StepKind& kind, const Style& style);
std::string kind_text(const CheckKind& kind, const Style& style);
std::string kind_text(const IndicatorKind& kind, const Style& style);
Json to_json(const StepKind& kind);
Json to_json(const CheckKind& kind);
Json to_json(const IndicatorKind& kind);

}  // namespace ostler
