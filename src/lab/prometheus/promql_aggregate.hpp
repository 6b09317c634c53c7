#pragma once

#include "lab/prometheus/promql.hpp"

namespace ostler::lab {

/// `parts` are the aggregation's arguments; its vector is the last.
PromValue promql_aggregate(const PromNode& node, const std::vector<PromValue>& parts,
                           std::int64_t time);

}  // namespace ostler::lab
