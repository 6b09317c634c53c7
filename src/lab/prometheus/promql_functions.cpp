// PromQL's functions over instant vectors and scalars, and the table of all functions.
#include "lab/prometheus/promql_functions.hpp"

#include <algorithm>
#include <cmath>

namespace ostler::lab {
namespace {

PromValue scalar_of(double value) {
  PromValue made;
  made.scalar = value;
  return made;
}

template <typename Changed>
PromValue each_value(const PromCall& call, Changed changed) {
  PromValue result = call.arguments[0];
  for (PromElement& element : result.elements) {
    element.value = changed(element.value);
    drop_name(element.labels);
  }
  return result;
}

PromValue time_of(const PromCall& call) {
  return scalar_of(static_cast<double>(call.time) / 1000);
}

PromValue vector_of(const PromCall& call) {
  PromValue made;
  made.type = PromType::vector;
  made.elements.push_back({{}, call.arguments[0].scalar, call.time});
  return made;
}

PromValue scalar_from(const PromCall& call) {
  const auto& elements = call.arguments[0].elements;
  return scalar_of(elements.size() == 1 ? elements[0].value : promql_nan);
}

PromValue absent(const PromCall& call) {
  PromValue made;
  made.type = PromType::vector;
  if (!call.arguments[0].elements.empty()) return made;
  PromElement element{{}, 1, call.time};
  const PromNode& asked = *call.node.parts[0];
  if (asked.kind == PromNode::Kind::selector) {
    std::map<std::string, int> named;
    for (const PromMatcher& matcher : asked.matchers) ++named[matcher.name];
    for (const PromMatcher& matcher : asked.matchers)
      if (matcher.kind == PromMatcher::Kind::equal && named[matcher.name] == 1)
        set_label(element.labels, matcher.name, matcher.value);
  }
  made.elements.push_back(std::move(element));
  return made;
}

/// Only of a selector itself is the time that of the sample.
PromValue timestamp(const PromCall& call) {
  PromValue result = call.arguments[0];
  const bool raw = call.node.parts[0]->kind == PromNode::Kind::selector;
  for (PromElement& element : result.elements) {
    element.value = static_cast<double>(raw ? element.time : call.time) / 1000;
    drop_name(element.labels);
  }
  return result;
}

PromValue clamped(const PromCall& call, double least, double most) {
  if (most < least) {
    PromValue none;
    none.type = PromType::vector;
    return none;
  }
  return each_value(call, [&](double value) {
    return std::isnan(value) ? value : std::max(least, std::min(most, value));
  });
}

PromValue clamp(const PromCall& call) {
  return clamped(call, call.arguments[1].scalar, call.arguments[2].scalar);
}
PromValue clamp_min(const PromCall& call) {
  return clamped(call, call.arguments[1].scalar, promql_infinite);
}
PromValue clamp_max(const PromCall& call) {
  return clamped(call, -promql_infinite, call.arguments[1].scalar);
}

PromValue rounded(const PromCall& call) {
  const double inverse = 1 / (call.arguments.size() > 1 ? call.arguments[1].scalar : 1.0);
  return each_value(call,
                    [&](double value) { return std::floor(value * inverse + 0.5) / inverse; });
}
PromValue absolute(const PromCall& call) {
  return each_value(call, [](double value) { return std::fabs(value); });
}
PromValue floor_of(const PromCall& call) {
  return each_value(call, [](double value) { return std::floor(value); });
}
PromValue ceil_of(const PromCall& call) {
  return each_value(call, [](double value) { return std::ceil(value); });
}

PromValue sorted(const PromCall& call) {
  PromValue result = call.arguments[0];
  const bool down = call.node.name == "sort_desc";
  std::stable_sort(result.elements.begin(), result.elements.end(),
                   [down](const PromElement& a, const PromElement& b) {
                     if (std::isnan(a.value) || std::isnan(b.value))
                       return !std::isnan(a.value) && std::isnan(b.value);
                     return down ? a.value > b.value : a.value < b.value;
                   });
  return result;
}

const std::map<std::string, PromFunction, std::less<>>& table() {
  constexpr auto scalar = PromType::scalar, vector = PromType::vector, matrix = PromType::matrix;
  static const std::map<std::string, PromFunction, std::less<>> functions{
      {"abs", {vector, {vector}, 1, absolute}},
      {"absent", {vector, {vector}, 1, absent}},
      {"avg_over_time", {vector, {matrix}, 1, promql_over_time}},
      {"ceil", {vector, {vector}, 1, ceil_of}},
      {"changes", {vector, {matrix}, 1, promql_over_time}},
      {"clamp", {vector, {vector, scalar, scalar}, 3, clamp}},
      {"clamp_max", {vector, {vector, scalar}, 2, clamp_max}},
      {"clamp_min", {vector, {vector, scalar}, 2, clamp_min}},
      {"count_over_time", {vector, {matrix}, 1, promql_over_time}},
      {"delta", {vector, {matrix}, 1, promql_delta}},
      {"floor", {vector, {vector}, 1, floor_of}},
      {"histogram_quantile", {vector, {scalar, vector}, 2, promql_histogram_quantile}},
      {"idelta", {vector, {matrix}, 1, promql_idelta}},
      {"increase", {vector, {matrix}, 1, promql_increase}},
      {"irate", {vector, {matrix}, 1, promql_irate}},
      {"last_over_time", {vector, {matrix}, 1, promql_over_time}},
      {"max_over_time", {vector, {matrix}, 1, promql_over_time}},
      {"min_over_time", {vector, {matrix}, 1, promql_over_time}},
      {"rate", {vector, {matrix}, 1, promql_rate}},
      {"resets", {vector, {matrix}, 1, promql_over_time}},
      {"round", {vector, {vector, scalar}, 1, rounded}},
      {"scalar", {scalar, {vector}, 1, scalar_from}},
      {"sort", {vector, {vector}, 1, sorted}},
      {"sort_desc", {vector, {vector}, 1, sorted}},
      {"sum_over_time", {vector, {matrix}, 1, promql_over_time}},
      {"time", {scalar, {}, 0, time_of}},
      {"timestamp", {vector, {vector}, 1, timestamp}},
      {"vector", {vector, {scalar}, 1, vector_of}},
  };
  return functions;
}

}  // namespace

const PromFunction* promql_function(std::string_view name) {
  const auto found = table().find(name);
  return found == table().end() ? nullptr : &found->second;
}

void drop_name(PrometheusLabels& labels) {
  set_label(labels, "__name__", "");
}

}  // namespace ostler::lab
