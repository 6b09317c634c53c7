// Parses PromQL by recursive descent, with Prometheus' own words for what is wrong.
#include "lab/prometheus/promql.hpp"
#include "lab/prometheus/promql_check.hpp"
#include "lab/prometheus/promql_lexer.hpp"

#include "ostler/base/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace ostler::lab {
namespace {

using Node = std::unique_ptr<PromNode>;

Failure said(const PromTrouble& trouble, std::string_view text) {
  const std::string_view before = text.substr(0, trouble.position);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t last = before.rfind('\n');
  const std::size_t column = trouble.position - (last == std::string_view::npos ? 0 : last + 1) + 1;
  return {FailureKind::permanent,
          fmt::format("{}:{}: parse error: {}", line, column, trouble.message), "", ""};
}

int precedence(const PromToken& token) {
  static const std::map<std::string, int, std::less<>> levels{
      {"or", 1}, {"and", 2}, {"unless", 2}, {"==", 3}, {"!=", 3}, {"<", 3}, {">", 3}, {"<=", 3},
      {">=", 3}, {"+", 4},   {"-", 4},      {"*", 5},  {"/", 5},  {"%", 5}, {"^", 7}};
  if (token.kind != PromToken::Kind::sign && token.kind != PromToken::Kind::name) return 0;
  const auto found = levels.find(token.text);
  return found == levels.end() ? 0 : found->second;
}
constexpr int power = 7;
constexpr int depth_limit = 100;

class PromParser {
 public:
  explicit PromParser(std::string_view text) : tokens_(promql_tokens(text)) {}

  Node parse() {
    if (now().kind == PromToken::Kind::end) throw PromTrouble{0, "no expression found in input"};
    Node node = expression(1);
    if (now().kind != PromToken::Kind::end) unexpected("");
    return node;
  }

 private:
  const PromToken& now() const { return tokens_[at_]; }
  const PromToken& take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  bool is_word(std::string_view word) const {
    return now().kind == PromToken::Kind::name && now().text == word;
  }
  bool take_sign(std::string_view sign) {
    if (!now().is(sign)) return false;
    take();
    return true;
  }

  [[noreturn]] void unexpected(std::string_view where, std::string_view expected = "") const {
    if (now().kind == PromToken::Kind::error) throw PromTrouble{now().position, now().text};
    std::string message = "unexpected " + now().described();
    if (!where.empty()) message += fmt::format(" in {}", where);
    if (!expected.empty()) message += fmt::format(", expected {}", expected);
    throw PromTrouble{now().position, message};
  }

  Node made(PromNode::Kind kind, PromType type, std::size_t position) const {
    Node node = std::make_unique<PromNode>();
    node->kind = kind;
    node->type = type;
    node->position = position;
    return node;
  }

  Node expression(int lowest) {
    if (++depth_ > depth_limit)
      throw PromTrouble{now().position, "the expression is nested too deeply"};
    Node left = unary();
    while (precedence(now()) >= lowest) {
      const int level = precedence(now());
      Node node = made(PromNode::Kind::binary, PromType::vector, now().position);
      node->name = take().text;
      modifiers(*node);
      // Only the power takes its right side first.
      Node right = expression(level == power ? level : level + 1);
      node->parts.push_back(std::move(left));
      node->parts.push_back(std::move(right));
      left = std::move(node);
    }
    --depth_;
    return left;
  }

  void modifiers(PromNode& node) {
    if (is_word("bool")) {
      take();
      node.bool_modifier = true;
    }
    if (!is_word("on") && !is_word("ignoring")) {
      if (is_word("group_left") || is_word("group_right")) unexpected("");
      return;
    }
    node.matching.on = take().text == "on";
    node.matching.labels = names();
    if (!is_word("group_left") && !is_word("group_right")) return;
    node.matching.card = take().text == "group_left" ? PromMatching::Card::many_to_one
                                                     : PromMatching::Card::one_to_many;
    if (now().is("(")) node.matching.include = names();
  }

  Node unary() {
    const std::size_t position = now().position;
    if (take_sign("+")) return expression(power - 1);
    if (!take_sign("-")) return postfix(primary());
    Node node = made(PromNode::Kind::negation, PromType::scalar, position);
    node->parts.push_back(expression(power - 1));
    return node;
  }

  Node primary() {
    const PromToken& token = now();
    switch (token.kind) {
      case PromToken::Kind::number:
      case PromToken::Kind::duration: {
        Node node = made(PromNode::Kind::number, PromType::scalar, token.position);
        node->number = take().number;
        return node;
      }
      case PromToken::Kind::text: {
        Node node = made(PromNode::Kind::text, PromType::text, token.position);
        node->name = take().text;
        return node;
      }
      case PromToken::Kind::name:
        return named();
      default:
        break;
    }
    if (token.is("{")) return selector("");
    if (!take_sign("(")) unexpected("");
    Node node = expression(1);
    if (!take_sign(")")) unexpected("");
    node->wrapped = true;
    return node;
  }

  Node named() {
    const PromToken& next = tokens_[std::min(at_ + 1, tokens_.size() - 1)];
    const bool grouped =
        next.kind == PromToken::Kind::name && (next.text == "by" || next.text == "without");
    if (is_aggregation(now().text) && (next.is("(") || grouped)) return aggregation();
    if (next.is("(")) return call();
    static const std::set<std::string, std::less<>> reserved{"and", "unless",   "by",     "without",
                                                             "on",  "ignoring", "offset", "bool"};
    if (reserved.contains(now().text)) unexpected("");
    return selector(take().text);
  }

  std::vector<std::string> names() {
    constexpr std::string_view where = "grouping opts";
    if (!take_sign("(")) unexpected(where, "\"(\"");
    std::vector<std::string> found;
    while (!take_sign(")")) {
      if (now().kind != PromToken::Kind::name) unexpected(where, "label");
      found.push_back(take().text);
      if (!now().is(")") && !take_sign(",")) unexpected(where, "\",\" or \")\"");
    }
    return found;
  }

  void grouping(PromNode& node) {
    if (!is_word("by") && !is_word("without")) return;
    node.without = take().text == "without";
    node.grouping = names();
  }

  void arguments(PromNode& node) {
    take();
    while (!take_sign(")")) {
      node.parts.push_back(expression(1));
      if (!now().is(")") && !take_sign(",")) unexpected("", "");
    }
  }

  Node aggregation() {
    Node node = made(PromNode::Kind::aggregate, PromType::vector, now().position);
    node->name = take().text;
    grouping(*node);
    if (!now().is("(")) unexpected("aggregation");
    arguments(*node);
    if (node->grouping.empty()) grouping(*node);
    return node;
  }

  Node call() {
    Node node = made(PromNode::Kind::call, PromType::vector, now().position);
    node->name = take().text;
    arguments(*node);
    return node;
  }

  Node selector(const std::string& metric) {
    const std::size_t position = metric.empty() ? now().position : tokens_[at_ - 1].position;
    Node node = made(PromNode::Kind::selector, PromType::vector, position);
    node->name = metric;
    if (take_sign("{"))
      while (!take_sign("}")) {
        matcher(*node);
        if (!now().is("}") && !take_sign(",")) unexpected("label matching", R"("," or "}")");
      }
    return node;
  }

  void matcher(PromNode& node) {
    constexpr std::string_view where = "label matching";
    const bool quoted = now().kind == PromToken::Kind::text;
    if (!quoted && now().kind != PromToken::Kind::name) unexpected(where, "identifier or \"}\"");
    PromMatcher made_matcher;
    const std::size_t position = now().position;
    made_matcher.name = take().text;
    // A quoted name alone is the metric's.
    if (quoted && (now().is(",") || now().is("}"))) {
      node.name = made_matcher.name;
      return;
    }
    using Kind = PromMatcher::Kind;
    static const std::map<std::string, Kind, std::less<>> signs{
        {"=", Kind::equal}, {"!=", Kind::not_equal}, {"=~", Kind::regex}, {"!~", Kind::not_regex}};
    const auto sign = signs.find(now().text);
    if (now().kind != PromToken::Kind::sign || sign == signs.end())
      unexpected(where, "label matching operator");
    made_matcher.kind = sign->second;
    take();
    if (now().kind != PromToken::Kind::text) unexpected(where, "string");
    made_matcher.value = now().text;
    compile(made_matcher, position);
    take();
    if (made_matcher.name == "__name__" && made_matcher.kind == Kind::equal && node.name.empty())
      node.name = made_matcher.value;
    else
      node.matchers.push_back(std::move(made_matcher));
  }

  static void compile(PromMatcher& matcher, std::size_t position) {
    if (matcher.kind == PromMatcher::Kind::equal || matcher.kind == PromMatcher::Kind::not_equal)
      return;
    if (matcher.value.find_first_of("\\.+*?()[]{}^$") == std::string::npos) {
      matcher.words = split(matcher.value, '|');
      return;
    }
    try {
      matcher.pattern = std::make_shared<const std::regex>(matcher.value);
    } catch (const std::regex_error& error) {
      throw PromTrouble{position, "error parsing regexp: " + regex_words(matcher.value, error)};
    }
  }

  /// In the words of RE2, for the most usual mistakes.
  static std::string regex_words(const std::string& pattern, const std::regex_error& error) {
    if (std::string_view("*+?").find(pattern[0]) != std::string_view::npos)
      return fmt::format("missing argument to repetition operator: `{}`", pattern[0]);
    if (error.code() == std::regex_constants::error_brack)
      return fmt::format("missing closing ]: `{}`", pattern.substr(pattern.rfind('[')));
    if (error.code() != std::regex_constants::error_paren) return error.what();
    const auto opened = std::count(pattern.begin(), pattern.end(), '(');
    const bool open = opened > std::count(pattern.begin(), pattern.end(), ')');
    return fmt::format("{}: `{}`", open ? "missing closing )" : "unexpected )", pattern);
  }

  /// A length of time in brackets or behind `offset`.
  std::int64_t duration(std::string_view where, std::string_view expected) {
    const PromToken& token = now();
    if (token.kind != PromToken::Kind::duration && token.kind != PromToken::Kind::number)
      unexpected(where, expected);
    return std::llround(take().number * 1000);
  }

  Node postfix(Node node) {
    while (true) {
      if (now().is("[")) {
        node = range(std::move(node));
      } else if (is_word("offset")) {
        offset(*node);
      } else if (now().is("@")) {
        throw PromTrouble{now().position, "the lab's Prometheus does not know @"};
      } else {
        return node;
      }
    }
  }

  Node range(Node node) {
    if (node->kind != PromNode::Kind::selector || node->wrapped)
      throw PromTrouble{node->position, "ranges only allowed for vector selectors"};
    if (node->offset_ms != 0)
      throw PromTrouble{now().position, "no offset modifiers allowed before range"};
    take();
    const std::size_t position = now().position;
    node->range_ms = duration("subquery or range", "number, duration, step(), or range()");
    if (now().is(":"))
      throw PromTrouble{now().position, "the lab's Prometheus does not know subqueries"};
    if (!take_sign("]")) unexpected("subquery or range", R"(":" or "]")");
    if (node->range_ms <= 0) throw PromTrouble{position, "duration must be greater than 0"};
    node->kind = PromNode::Kind::range;
    node->type = PromType::matrix;
    return node;
  }

  void offset(PromNode& node) {
    if ((node.kind != PromNode::Kind::selector && node.kind != PromNode::Kind::range) ||
        node.wrapped)
      throw PromTrouble{node.position,
                        "offset modifier must be preceded by an instant vector selector or range "
                        "vector selector or a subquery"};
    take();
    const bool back = take_sign("-");
    const std::int64_t length = duration("offset", "number, duration, step(), or range()");
    node.offset_ms = back ? -length : length;
  }

  std::vector<PromToken> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

std::string_view to_string(PromType type) {
  switch (type) {
    case PromType::scalar:
      return "scalar";
    case PromType::text:
      return "string";
    case PromType::vector:
      return "instant vector";
    default:
      return "range vector";
  }
}

bool PromMatcher::fits(std::string_view text) const {
  if (kind == Kind::equal) return text == value;
  if (kind == Kind::not_equal) return text != value;
  const bool found = pattern != nullptr
                         ? std::regex_match(text.begin(), text.end(), *pattern)
                         : std::find(words.begin(), words.end(), text) != words.end();
  return found == (kind == Kind::regex);
}

Result<std::unique_ptr<PromNode>> parse_promql(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return Failure{FailureKind::permanent,
                   "unknown position: parse error: no expression found in input", "", ""};
  try {
    Node node = PromParser(text).parse();
    check_promql(*node);
    return Result<Node>(std::move(node));
  } catch (const PromTrouble& trouble) {
    return said(trouble, text);
  }
}

}  // namespace ostler::lab
