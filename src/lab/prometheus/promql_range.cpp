// PromQL's functions over ranges: the rates, extrapolated as Prometheus does, and …_over_time.
#include "lab/prometheus/promql_functions.hpp"

#include "ostler/base/text.hpp"

#include <cmath>
#include <limits>

namespace ostler::lab {
namespace {

using Samples = std::vector<PrometheusSample>;

enum class Extrapolate { rate, increase, delta };

/// A vector of what `made` gives for each series; a series for which it gives nothing is left out.
template <typename Made>
PromValue for_each_series(const PromCall& call, Made made) {
  PromValue result;
  result.type = PromType::vector;
  for (const auto& [labels, samples] : call.arguments[0].series) {
    const std::optional<double> value = made(samples);
    if (!value) continue;
    result.elements.push_back({labels, *value, call.time});
    drop_name(result.elements.back().labels);
  }
  return result;
}

double seconds(std::int64_t milliseconds) {
  return static_cast<double>(milliseconds) / 1000;
}

/// The growth from the first to the last sample; a counter that fell began again at zero.
double growth(const Samples& samples, bool counter) {
  double grown = samples.back().value - samples.front().value;
  if (!counter) return grown;
  for (std::size_t at = 1; at < samples.size(); ++at)
    if (samples[at].value < samples[at - 1].value) grown += samples[at - 1].value;
  return grown;
}

/// Prometheus' extrapolatedRate: the growth seen is stretched to the whole range, or, where samples
/// are missing at an end, by half of the usual distance of two; a counter never to below zero.
std::optional<double> extrapolated(const PromCall& call, const Samples& samples, Extrapolate how) {
  if (samples.size() < 2) return std::nullopt;
  const PromNode& range = *call.node.parts[0];
  const std::int64_t end = call.time - range.offset_ms, start = end - range.range_ms;
  const bool counter = how != Extrapolate::delta;
  const double grown = growth(samples, counter);
  double to_start = seconds(samples.front().time - start);
  double to_end = seconds(end - samples.back().time);
  const double sampled = seconds(samples.back().time - samples.front().time);
  const double average = sampled / static_cast<double>(samples.size() - 1);
  const double threshold = average * 1.1;
  if (to_start >= threshold) to_start = average / 2;
  if (counter && grown > 0 && samples.front().value >= 0)
    to_start = std::min(to_start, sampled * (samples.front().value / grown));
  if (to_end >= threshold) to_end = average / 2;
  double factor = sampled == 0 ? 1.0 : (sampled + to_start + to_end) / sampled;
  if (how == Extrapolate::rate) factor /= seconds(range.range_ms);
  return grown * factor;
}

PromValue extrapolated_all(const PromCall& call, Extrapolate how) {
  if (how != Extrapolate::delta)
    for (const auto& [labels, samples] : call.arguments[0].series) {
      const std::string_view name = label_of(labels, "__name__");
      bool counts = name.empty();
      for (const char* ending : {"_total", "_sum", "_count", "_bucket"})
        counts = counts || ends_with(name, ending);
      if (!counts && samples.size() >= 2)
        call.notes.infos.insert(
            fmt::format("PromQL info: metric might not be a counter, name does not end in "
                        "_total/_sum/_count/_bucket: \"{}\" (1:{})",
                        name, call.node.parts[0]->position + 1));
    }
  return for_each_series(call,
                         [&](const Samples& samples) { return extrapolated(call, samples, how); });
}

PromValue from_last_two(const PromCall& call, bool rate) {
  return for_each_series(call, [&](const Samples& samples) -> std::optional<double> {
    if (samples.size() < 2) return std::nullopt;
    const PrometheusSample &last = samples.back(), &before = samples[samples.size() - 2];
    if (last.time == before.time) return std::nullopt;
    const bool reset = rate && last.value < before.value;
    const double difference = reset ? last.value : last.value - before.value;
    return rate ? difference / seconds(last.time - before.time) : difference;
  });
}

double over_time(std::string_view name, const Samples& samples) {
  double sum = 0, changes = 0, resets = 0;
  double least = samples.front().value, most = samples.front().value;
  for (std::size_t at = 0; at < samples.size(); ++at) {
    const double value = samples[at].value;
    sum += value;
    if (value < least || std::isnan(least)) least = value;
    if (value > most || std::isnan(most)) most = value;
    if (at == 0) continue;
    const double before = samples[at - 1].value;
    changes += value != before && !(std::isnan(value) && std::isnan(before));
    resets += value < before;
  }
  const auto count = static_cast<double>(samples.size());
  if (name == "sum_over_time") return sum;
  if (name == "avg_over_time") return sum / count;
  if (name == "min_over_time") return least;
  if (name == "max_over_time") return most;
  if (name == "count_over_time") return count;
  if (name == "changes") return changes;
  if (name == "resets") return resets;
  return samples.back().value;
}

}  // namespace

PromValue promql_rate(const PromCall& call) {
  return extrapolated_all(call, Extrapolate::rate);
}
PromValue promql_increase(const PromCall& call) {
  return extrapolated_all(call, Extrapolate::increase);
}
PromValue promql_delta(const PromCall& call) {
  return extrapolated_all(call, Extrapolate::delta);
}
PromValue promql_irate(const PromCall& call) {
  return from_last_two(call, true);
}
PromValue promql_idelta(const PromCall& call) {
  return from_last_two(call, false);
}

PromValue promql_over_time(const PromCall& call) {
  PromValue result = for_each_series(call, [&](const Samples& samples) {
    return std::optional<double>(over_time(call.node.name, samples));
  });
  if (call.node.name == "last_over_time")
    for (std::size_t at = 0; at < result.elements.size(); ++at)
      result.elements[at].labels = call.arguments[0].series[at].first;
  return result;
}

}  // namespace ostler::lab
