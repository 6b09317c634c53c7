#pragma once

#include "lab/prometheus/promql.hpp"

#include <limits>

namespace ostler::lab {

inline constexpr double promql_infinite = std::numeric_limits<double>::infinity();
inline constexpr double promql_nan = std::numeric_limits<double>::quiet_NaN();

/// A call with its arguments evaluated.
struct PromCall {
  const PromNode& node;
  std::vector<PromValue> arguments;
  std::int64_t time;
  PromNotes& notes;
};

struct PromFunction {
  PromType type = PromType::vector;
  std::vector<PromType> arguments;
  std::size_t required = 0;  ///< how many of the arguments must be there
  PromValue (*function)(const PromCall& call) = nullptr;
};

/// The function of that name, or null.
const PromFunction* promql_function(std::string_view name);

/// Takes the metric's name away, as whatever changes a value does.
void drop_name(PrometheusLabels& labels);

// The functions over ranges and over histograms; each is one of the table.
PromValue promql_rate(const PromCall& call);
PromValue promql_increase(const PromCall& call);
PromValue promql_delta(const PromCall& call);
PromValue promql_irate(const PromCall& call);
PromValue promql_idelta(const PromCall& call);
PromValue promql_over_time(const PromCall& call);
PromValue promql_histogram_quantile(const PromCall& call);

}  // namespace ostler::lab
