#pragma once

#include "lab/prometheus/promql.hpp"

namespace ostler::lab {

/// Both sides of a binary operator, joined as its matching says.
Result<PromValue> promql_binary(const PromNode& node, const PromValue& left, const PromValue& right,
                                std::int64_t time);

}  // namespace ostler::lab
