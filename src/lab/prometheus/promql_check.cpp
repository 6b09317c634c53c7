// Checks the types of a parsed PromQL expression, in the order and the words of Prometheus.
#include "lab/prometheus/promql_check.hpp"

#include "lab/prometheus/promql_functions.hpp"

#include <algorithm>

namespace ostler::lab {
namespace {

bool is_comparison(std::string_view name) {
  return name == "==" || name == "!=" || name == "<" || name == ">" || name == "<=" || name == ">=";
}
bool is_set_operator(std::string_view name) {
  return name == "and" || name == "or" || name == "unless";
}

void expect(const PromNode& node, PromType wanted, std::string_view context) {
  if (node.type == wanted) return;
  throw PromTrouble{node.position, fmt::format("expected type {} in {}, got {}", to_string(wanted),
                                               context, to_string(node.type))};
}

void check_binary(PromNode& node) {
  const PromNode &left = *node.parts[0], &right = *node.parts[1];
  const bool scalars = left.type == PromType::scalar && right.type == PromType::scalar;
  if (node.bool_modifier && !is_comparison(node.name))
    throw PromTrouble{node.position, "bool modifier can only be used on comparison operators"};
  if (is_comparison(node.name) && !node.bool_modifier && scalars)
    throw PromTrouble{node.position, "comparisons between scalars must use BOOL modifier"};
  if (is_set_operator(node.name) && node.matching.card != PromMatching::Card::one_to_one)
    throw PromTrouble{left.position,
                      fmt::format("no grouping allowed for \"{}\" operation", node.name)};
  for (const PromNode* side : {&left, &right})
    if (side->type != PromType::scalar && side->type != PromType::vector)
      throw PromTrouble{side->position,
                        "binary expression must contain only scalar and instant vector types"};
  const bool vectors = left.type == PromType::vector && right.type == PromType::vector;
  if (!vectors && (node.matching.on || !node.matching.labels.empty()))
    throw PromTrouble{left.position, "vector matching only allowed between instant vectors"};
  if (!vectors && is_set_operator(node.name))
    throw PromTrouble{
        left.position,
        fmt::format("set operator \"{}\" not allowed in binary scalar expression", node.name)};
  node.type = scalars ? PromType::scalar : PromType::vector;
}

void check_aggregate(PromNode& node) {
  const bool parameter = node.name == "topk" || node.name == "bottomk";
  static const std::set<std::string, std::less<>> known{"sum",   "avg",   "min",  "max",
                                                        "count", "group", "topk", "bottomk"};
  if (!known.contains(node.name))
    throw PromTrouble{node.position,
                      fmt::format("the lab's Prometheus does not know {}", node.name)};
  const std::size_t wanted = parameter ? 2 : 1;
  if (node.parts.empty())
    throw PromTrouble{node.position, "no arguments for aggregate expression provided"};
  if (node.parts.size() != wanted)
    throw PromTrouble{node.position,
                      fmt::format("wrong number of arguments for aggregate expression provided, "
                                  "expected {}, got {}",
                                  wanted, node.parts.size())};
  expect(*node.parts.back(), PromType::vector, "aggregation expression");
  if (parameter) expect(*node.parts.front(), PromType::scalar, "aggregation parameter");
}

void check_call(PromNode& node) {
  const PromFunction* found = promql_function(node.name);
  if (found == nullptr)
    throw PromTrouble{node.position, fmt::format("unknown function with name \"{}\"", node.name)};
  const PromFunction& function = *found;
  const std::size_t count = node.parts.size(), most = function.arguments.size();
  if (count < function.required || count > most) {
    const bool fixed = function.required == most;
    throw PromTrouble{
        node.position,
        fmt::format("expected {}{} argument(s) in call to \"{}\", got {}",
                    fixed          ? ""
                    : count > most ? "at most "
                                   : "at least ",
                    fixed || count > most ? most : function.required, node.name, count)};
  }
  const std::string context = fmt::format("call to function \"{}\"", node.name);
  for (std::size_t at = 0; at < count; ++at)
    expect(*node.parts[at], function.arguments[at], context);
  node.type = function.type;
}

void check_selector(const PromNode& node) {
  const bool non_empty = !node.name.empty() ||
                         std::any_of(node.matchers.begin(), node.matchers.end(),
                                     [](const PromMatcher& matcher) { return !matcher.fits(""); });
  if (!non_empty)
    throw PromTrouble{node.position, "vector selector must contain at least one non-empty matcher"};
}

}  // namespace

void check_promql(PromNode& node) {
  for (const auto& part : node.parts) check_promql(*part);
  switch (node.kind) {
    case PromNode::Kind::binary:
      return check_binary(node);
    case PromNode::Kind::aggregate:
      return check_aggregate(node);
    case PromNode::Kind::call:
      return check_call(node);
    case PromNode::Kind::selector:
    case PromNode::Kind::range:
      return check_selector(node);
    case PromNode::Kind::negation:
      node.type = node.parts[0]->type;
      if (node.type != PromType::scalar && node.type != PromType::vector)
        throw PromTrouble{node.position,
                          fmt::format("unary expression only allowed on expressions of type scalar "
                                      "or instant vector, got \"{}\"",
                                      to_string(node.type))};
      return;
    default:
      return;
  }
}

}  // namespace ostler::lab
