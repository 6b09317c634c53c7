// Evaluates PromQL at one moment.
#include "lab/prometheus/promql_aggregate.hpp"
#include "lab/prometheus/promql_binary.hpp"
#include "lab/prometheus/promql_functions.hpp"

#include <algorithm>

namespace ostler::lab {
namespace {

/// Prometheus' own: a sample counts for so long when no newer one came.
constexpr std::int64_t lookback_ms = 300'000;

PromValue select(const PromNode& node, const PrometheusStorage& storage, std::int64_t time) {
  PromValue result;
  result.type = PromType::vector;
  for (const PrometheusSeries* series : storage.select(node.name)) {
    const PrometheusSample* sample = series->at(time - node.offset_ms, lookback_ms);
    if (sample != nullptr && fits(node, series->labels))
      result.elements.push_back({series->labels, sample->value, sample->time});
  }
  return result;
}

PromValue negated(PromValue value) {
  value.scalar = -value.scalar;
  for (PromElement& element : value.elements) {
    element.value = -element.value;
    drop_name(element.labels);
  }
  return value;
}

/// Two elements with the same labels are an error, wherever names are taken away.
Result<PromValue> distinct(PromValue value) {
  std::vector<const PrometheusLabels*> all;
  all.reserve(value.elements.size());
  for (const PromElement& element : value.elements) all.push_back(&element.labels);
  std::sort(all.begin(), all.end(), [](const auto* one, const auto* two) { return *one < *two; });
  const auto twice = std::adjacent_find(
      all.begin(), all.end(), [](const auto* one, const auto* two) { return *one == *two; });
  if (twice != all.end())
    return Failure{FailureKind::permanent, "vector cannot contain metrics with the same labelset",
                   "", ""};
  return value;
}

}  // namespace

bool fits(const PromNode& selector, const PrometheusLabels& labels) {
  for (const PromMatcher& matcher : selector.matchers)
    if (!matcher.fits(label_of(labels, matcher.name))) return false;
  return true;
}

std::vector<std::pair<PrometheusLabels, std::vector<PrometheusSample>>> prometheus_range(
    const PromNode& node, const PrometheusStorage& storage, std::int64_t time) {
  std::vector<std::pair<PrometheusLabels, std::vector<PrometheusSample>>> found;
  const std::int64_t end = time - node.offset_ms, start = end - node.range_ms;
  for (const PrometheusSeries* series : storage.select(node.name)) {
    if (!fits(node, series->labels)) continue;
    auto at = std::upper_bound(
        series->samples.begin(), series->samples.end(), start,
        [](std::int64_t wanted, const PrometheusSample& one) { return wanted < one.time; });
    std::vector<PrometheusSample> samples;
    for (; at != series->samples.end() && at->time <= end; ++at)
      if (!is_stale(at->value)) samples.push_back(*at);
    if (!samples.empty()) found.emplace_back(series->labels, std::move(samples));
  }
  return found;
}

Result<PromValue> evaluate_promql(const PromNode& node, const PrometheusStorage& storage,
                                  std::int64_t time, PromNotes& notes) {
  PromValue result;
  result.type = node.type;
  switch (node.kind) {
    case PromNode::Kind::number:
      result.scalar = node.number;
      return result;
    case PromNode::Kind::text:
      result.text = node.name;
      return result;
    case PromNode::Kind::selector:
      return select(node, storage, time);
    case PromNode::Kind::range:
      result.series = prometheus_range(node, storage, time);
      return result;
    default:
      break;
  }
  std::vector<PromValue> parts;
  for (const auto& part : node.parts) {
    OSTLER_TRY(PromValue value, evaluate_promql(*part, storage, time, notes));
    parts.push_back(std::move(value));
  }
  switch (node.kind) {
    case PromNode::Kind::negation:
      return distinct(negated(std::move(parts[0])));
    case PromNode::Kind::aggregate:
      return promql_aggregate(node, parts, time);
    case PromNode::Kind::binary: {
      OSTLER_TRY(PromValue value, promql_binary(node, parts[0], parts[1], time));
      return distinct(std::move(value));
    }
    default: {
      const PromFunction& function = *promql_function(node.name);
      return distinct(function.function({node, std::move(parts), time, notes}));
    }
  }
}

}  // namespace ostler::lab
