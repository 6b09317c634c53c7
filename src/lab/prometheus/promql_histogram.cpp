// PromQL's histogram_quantile over classic histograms.
#include "lab/prometheus/promql_functions.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace ostler::lab {
namespace {

constexpr double small_difference = 1e-12;

struct Bucket {
  double bound, count;
};

bool nearly_equal(double a, double b) {
  return std::fabs(a - b) <= small_difference * std::max(std::fabs(a), std::fabs(b));
}

/// Buckets of one bound become one, and counts never fall from one bucket to the next.
void tidy_up(std::vector<Bucket>& buckets) {
  std::vector<Bucket> tidied;
  for (const Bucket& bucket : buckets) {
    if (!tidied.empty() && tidied.back().bound == bucket.bound)
      tidied.back().count += bucket.count;
    else
      tidied.push_back(bucket);
  }
  for (std::size_t at = 1; at < tidied.size(); ++at) {
    const double before = tidied[at - 1].count;
    if (tidied[at].count < before || nearly_equal(tidied[at].count, before))
      tidied[at].count = before;
  }
  buckets = std::move(tidied);
}

double quantile_of(double quantile, std::vector<Bucket> buckets) {
  if (std::isnan(quantile)) return promql_nan;
  if (quantile < 0) return -promql_infinite;
  if (quantile > 1) return promql_infinite;
  std::stable_sort(buckets.begin(), buckets.end(),
                   [](const Bucket& a, const Bucket& b) { return a.bound < b.bound; });
  if (buckets.empty() || buckets.back().bound != promql_infinite) return promql_nan;
  tidy_up(buckets);
  const double observations = buckets.back().count;
  if (buckets.size() < 2 || observations == 0) return promql_nan;
  double rank = quantile * observations;
  const auto found = std::find_if(buckets.begin(), std::prev(buckets.end()),
                                  [rank](const Bucket& bucket) { return bucket.count >= rank; });
  if (found == std::prev(buckets.end())) return std::prev(found)->bound;
  if (found == buckets.begin() && found->bound <= 0) return found->bound;
  double start = 0, count = found->count;
  if (found != buckets.begin()) {
    start = std::prev(found)->bound;
    count -= std::prev(found)->count;
    rank -= std::prev(found)->count;
  }
  return start + (found->bound - start) * (rank / count);
}

}  // namespace

PromValue promql_histogram_quantile(const PromCall& call) {
  std::vector<std::pair<PrometheusLabels, std::vector<Bucket>>> histograms;
  std::map<PrometheusLabels, std::size_t> known;
  for (const PromElement& element : call.arguments[1].elements) {
    const std::string bound(label_of(element.labels, "le"));
    char* end = nullptr;
    const double value = std::strtod(bound.c_str(), &end);
    if (bound.empty() || *end != '\0') {
      call.notes.warnings.insert(
          fmt::format("PromQL warning: bucket label \"le\" is missing or has a malformed value of "
                      "\"{}\" (1:{})",
                      bound, call.node.parts[1]->position + 1));
      continue;
    }
    PrometheusLabels labels = element.labels;
    drop_name(labels);
    set_label(labels, "le", "");
    const auto [at, fresh] = known.emplace(labels, histograms.size());
    if (fresh) histograms.emplace_back(std::move(labels), std::vector<Bucket>{});
    histograms[at->second].second.push_back({value, element.value});
  }
  const double quantile = call.arguments[0].scalar;
  if (!(quantile >= 0 && quantile <= 1))
    call.notes.warnings.insert(
        fmt::format("PromQL warning: quantile value should be between 0 and 1, got {:.6g} (1:{})",
                    quantile, call.node.parts[0]->position + 1));
  PromValue result;
  result.type = PromType::vector;
  for (auto& [labels, buckets] : histograms)
    result.elements.push_back(
        {std::move(labels), quantile_of(quantile, std::move(buckets)), call.time});
  return result;
}

}  // namespace ostler::lab
