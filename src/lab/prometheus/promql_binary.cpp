// PromQL's binary operators: arithmetic, comparisons and set operators, and how vectors match.
#include "lab/prometheus/promql_binary.hpp"

#include "lab/prometheus/promql_functions.hpp"

#include <algorithm>
#include <cmath>

namespace ostler::lab {
namespace {

struct Outcome {
  double value;
  bool keep = true;  ///< false: a comparison that does not hold
};

Outcome applied(std::string_view sign, double left, double right) {
  if (sign == "+") return {left + right};
  if (sign == "-") return {left - right};
  if (sign == "*") return {left * right};
  if (sign == "/") return {left / right};
  if (sign == "%") return {std::fmod(left, right)};
  if (sign == "^") return {std::pow(left, right)};
  if (sign == "==") return {left, left == right};
  if (sign == "!=") return {left, left != right};
  if (sign == "<") return {left, left < right};
  if (sign == ">") return {left, left > right};
  if (sign == "<=") return {left, left <= right};
  return {left, left >= right};
}

bool changes_values(const PromNode& node) {
  return node.bool_modifier || std::string_view("+-*/%^").find(node.name) != std::string_view::npos;
}

PrometheusLabels signature(const PromMatching& matching, const PrometheusLabels& labels) {
  PrometheusLabels kept;
  if (matching.on) {
    for (const std::string& name : matching.labels) set_label(kept, name, label_of(labels, name));
    return kept;
  }
  kept = labels;
  drop_name(kept);
  for (const std::string& name : matching.labels) set_label(kept, name, "");
  return kept;
}

PromValue with_scalar(const PromNode& node, const PromValue& left, const PromValue& right,
                      std::int64_t time) {
  const bool swapped = left.type == PromType::scalar;
  PromValue result;
  result.type = PromType::vector;
  for (const PromElement& element : (swapped ? right : left).elements) {
    Outcome outcome = swapped ? applied(node.name, left.scalar, element.value)
                              : applied(node.name, element.value, right.scalar);
    if (node.bool_modifier)
      outcome = {outcome.keep ? 1.0 : 0.0};
    else if (!changes_values(node))
      // A comparison keeps the vector's value, on whichever side it stands.
      outcome.value = element.value;
    if (!outcome.keep) continue;
    result.elements.push_back({element.labels, outcome.value, time});
    if (changes_values(node)) drop_name(result.elements.back().labels);
  }
  return result;
}

PromValue set_operation(const PromNode& node, const PromValue& left, const PromValue& right,
                        std::int64_t time) {
  const auto signatures = [&node](const PromValue& value) {
    std::set<PrometheusLabels> found;
    for (const PromElement& element : value.elements)
      found.insert(signature(node.matching, element.labels));
    return found;
  };
  PromValue result;
  result.type = PromType::vector;
  if (node.name == "or") {
    result.elements = left.elements;
    const auto known = signatures(left);
    for (const PromElement& element : right.elements)
      if (!known.contains(signature(node.matching, element.labels)))
        result.elements.push_back(element);
  } else {
    const auto known = signatures(right);
    for (const PromElement& element : left.elements)
      if (known.contains(signature(node.matching, element.labels)) == (node.name == "and"))
        result.elements.push_back(element);
  }
  for (PromElement& element : result.elements) element.time = time;
  return result;
}

PrometheusLabels joined_labels(const PromNode& node, const PromElement& many,
                               const PromElement& one) {
  PrometheusLabels labels = many.labels;
  if (changes_values(node)) drop_name(labels);
  const PromMatching& matching = node.matching;
  if (matching.card == PromMatching::Card::one_to_one) {
    if (matching.on) return signature(matching, labels);
    for (const std::string& name : matching.labels) set_label(labels, name, "");
  }
  for (const std::string& name : matching.include)
    set_label(labels, name, label_of(one.labels, name));
  return labels;
}

Failure execution(std::string message) {
  return {FailureKind::permanent, std::move(message), "", ""};
}

Failure duplicate(const PromElement& first, const PromElement& second,
                  const PrometheusLabels& group, bool swapped) {
  std::string one = label_text(first.labels), two = label_text(second.labels);
  if (one > two) std::swap(one, two);
  return execution(fmt::format(
      "found duplicate series for the match group {} on the {} hand-side of the operation: [{}, "
      "{}];many-to-many matching not allowed: matching labels must be unique on one side",
      label_text(group), swapped ? "left" : "right", one, two));
}

Result<PromValue> matched(const PromNode& node, const PromValue& left, const PromValue& right,
                          std::int64_t time) {
  const PromMatching& matching = node.matching;
  const bool swapped = matching.card == PromMatching::Card::one_to_many;
  const auto& many = (swapped ? right : left).elements;
  const auto& ones = (swapped ? left : right).elements;
  PromValue result;
  result.type = PromType::vector;
  if (many.empty() || ones.empty()) return result;
  std::map<PrometheusLabels, const PromElement*> by_signature;
  for (const PromElement& one : ones) {
    const auto [at, fresh] = by_signature.emplace(signature(matching, one.labels), &one);
    if (!fresh) return duplicate(one, *at->second, at->first, swapped);
  }
  std::set<PrometheusLabels> used;
  for (const PromElement& element : many) {
    const auto one = by_signature.find(signature(matching, element.labels));
    if (one == by_signature.end()) continue;
    const double other = one->second->value;
    Outcome outcome = swapped ? applied(node.name, other, element.value)
                              : applied(node.name, element.value, other);
    if (node.bool_modifier) outcome = {outcome.keep ? 1.0 : 0.0};
    PrometheusLabels labels = joined_labels(node, element, *one->second);
    const bool simple = matching.card == PromMatching::Card::one_to_one;
    if (!used.insert(simple ? one->first : labels).second)
      return execution(simple ? "multiple matches for labels: many-to-one matching must be "
                                "explicit (group_left/group_right)"
                              : "multiple matches for labels: grouping labels must ensure unique "
                                "matches");
    if (outcome.keep) result.elements.push_back({std::move(labels), outcome.value, time});
  }
  return result;
}

}  // namespace

Result<PromValue> promql_binary(const PromNode& node, const PromValue& left, const PromValue& right,
                                std::int64_t time) {
  if (left.type == PromType::scalar && right.type == PromType::scalar) {
    const Outcome outcome = applied(node.name, left.scalar, right.scalar);
    PromValue result;
    result.scalar = !node.bool_modifier ? outcome.value : outcome.keep ? 1.0 : 0.0;
    return result;
  }
  if (left.type == PromType::scalar || right.type == PromType::scalar)
    return with_scalar(node, left, right, time);
  if (node.name == "and" || node.name == "or" || node.name == "unless")
    return set_operation(node, left, right, time);
  return matched(node, left, right, time);
}

}  // namespace ostler::lab
