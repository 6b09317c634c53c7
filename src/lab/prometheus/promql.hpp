#pragma once

#include "lab/prometheus/prometheus_storage.hpp"

#include "ostler/base/result.hpp"

#include <cstdint>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ostler::lab {

enum class PromType { scalar, text, vector, matrix };
/// "instant vector", "range vector", "scalar", "string".
std::string_view to_string(PromType type);

/// One condition on a label.
struct PromMatcher {
  enum class Kind { equal, not_equal, regex, not_regex };
  Kind kind = Kind::equal;
  std::string name, value;
  std::shared_ptr<const std::regex> pattern;  ///< for what is no plain list of words
  std::vector<std::string> words;             ///< `a|b|c`

  bool fits(std::string_view text) const;
};

/// How the two sides of a binary operator find each other.
struct PromMatching {
  enum class Card { one_to_one, many_to_one, one_to_many };
  bool on = false;
  std::vector<std::string> labels;
  Card card = Card::one_to_one;
  std::vector<std::string> include;
};

/// One node of a parsed expression. What is set depends on its kind.
struct PromNode {
  enum class Kind { number, text, selector, range, call, aggregate, binary, negation };
  Kind kind = Kind::number;
  PromType type = PromType::scalar;
  std::size_t position = 0;  ///< of its first character, from 0

  double number = 0;
  std::string name;  ///< function, aggregation, operator, text, or the selector's metric
  std::vector<PromMatcher> matchers;
  std::int64_t range_ms = 0, offset_ms = 0;
  bool without = false, bool_modifier = false;
  bool wrapped = false;  ///< stands in parentheses
  std::vector<std::string> grouping;
  PromMatching matching;
  std::vector<std::unique_ptr<PromNode>> parts;  ///< arguments, or the sides of an operator
};

/// Parses an expression and checks its types. A failure's message is what Prometheus says behind
/// `invalid parameter "query": `.
Result<std::unique_ptr<PromNode>> parse_promql(std::string_view text);

/// One element of a vector or matrix.
struct PromElement {
  PrometheusLabels labels;
  double value = 0;
  std::int64_t time = 0;  ///< of the sample that it comes from
};

struct PromValue {
  PromType type = PromType::scalar;
  double scalar = 0;
  std::string text;
  std::vector<PromElement> elements;                                               ///< of a vector
  std::vector<std::pair<PrometheusLabels, std::vector<PrometheusSample>>> series;  ///< of a matrix
};

/// What goes with an answer beside its data.
struct PromNotes {
  std::set<std::string> warnings, infos;
};

/// The expression's value at that time (milliseconds since 1970). A failure is one of execution
/// (422).
Result<PromValue> evaluate_promql(const PromNode& node, const PrometheusStorage& storage,
                                  std::int64_t time, PromNotes& notes);

/// The samples of a range selector, one entry a series with at least one.
std::vector<std::pair<PrometheusLabels, std::vector<PrometheusSample>>> prometheus_range(
    const PromNode& node, const PrometheusStorage& storage, std::int64_t time);
/// Whether all conditions of a selector fit.
bool fits(const PromNode& selector, const PrometheusLabels& labels);

}  // namespace ostler::lab
