// Cuts PromQL into tokens.
#include "lab/prometheus/promql_lexer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <limits>

namespace ostler::lab {
namespace {

constexpr std::array<std::string_view, 14> aggregations{
    "sum",    "avg",  "min",     "max",          "count",    "group",  "stddev",
    "stdvar", "topk", "bottomk", "count_values", "quantile", "limitk", "limit_ratio"};
constexpr std::array<std::string_view, 12> keywords{"and",         "or",   "unless",   "by",
                                                    "without",     "on",   "ignoring", "group_left",
                                                    "group_right", "bool", "offset",   "atan2"};

constexpr std::array<std::pair<std::string_view, double>, 7> units{{{"ms", 0.001},
                                                                    {"s", 1},
                                                                    {"m", 60},
                                                                    {"h", 3600},
                                                                    {"d", 86400},
                                                                    {"w", 604800},
                                                                    {"y", 31536000}}};

bool begins_name(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || c == ':';
}
bool is_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}
bool goes_on(char c) {
  return begins_name(c) || is_digit(c);
}

class PromLexer {
 public:
  explicit PromLexer(std::string_view text) : text_(text) {}

  std::vector<PromToken> read() {
    while (true) {
      skip_blanks();
      if (at_ >= text_.size()) {
        end();
        break;
      }
      const std::size_t before = tokens_.size();
      next();
      if (tokens_.size() > before && tokens_.back().kind == PromToken::Kind::error) break;
    }
    return std::move(tokens_);
  }

 private:
  using Kind = PromToken::Kind;

  void skip_blanks() {
    while (at_ < text_.size()) {
      if (text_[at_] == '#')
        at_ = std::min(text_.find('\n', at_), text_.size());
      else if (std::isspace(static_cast<unsigned char>(text_[at_])))
        ++at_;
      else
        break;
    }
  }

  void add(Kind kind, std::string text, std::size_t position, double number = 0) {
    tokens_.push_back({kind, std::move(text), position, number});
  }

  void end() {
    if (braces_ > 0)
      add(Kind::error, "unexpected end of input inside braces", at_);
    else if (brackets_ > 0)
      add(Kind::error, "unclosed left bracket", at_);
    else if (depth_ > 0)
      add(Kind::error, "unclosed left parenthesis", at_);
    else
      add(Kind::end, "", at_);
  }

  void next() {
    const char c = text_[at_];
    if (c == '"' || c == '\'' || c == '`')
      quoted(c);
    else if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1])))
      number();
    else if (begins_name(c) && !(c == ':' && brackets_ > 0))
      name();
    else
      sign();
  }

  void quoted(char quote) {
    const std::size_t start = at_++;
    std::string value;
    for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
      char c = text_[at_];
      if (c == '\\' && quote != '`' && at_ + 1 < text_.size()) {
        c = text_[++at_];
        if (c == 'n')
          c = '\n';
        else if (c == 't')
          c = '\t';
        else if (std::string_view("\\\"'`").find(c) == std::string_view::npos)
          return add(Kind::error,
                     fmt::format("unknown escape sequence U+{:04X} '{}'",
                                 static_cast<unsigned char>(c), c),
                     start);
      }
      value += c;
    }
    if (at_ >= text_.size())
      return add(Kind::error,
                 quote == '`' ? "unterminated raw string" : "unterminated quoted string", start);
    ++at_;
    add(Kind::text, std::move(value), start);
  }

  void number() {
    const std::size_t start = at_;
    std::size_t end = at_;
    while (end < text_.size() && text_[end] != ':' && (goes_on(text_[end]) || text_[end] == '.'))
      ++end;
    const bool exponent = end < text_.size() && (text_[end] == '+' || text_[end] == '-') &&
                          (text_[end - 1] == 'e' || text_[end - 1] == 'E') &&
                          !text_.substr(start).starts_with("0x");
    if (exponent)
      for (++end; end < text_.size() && is_digit(text_[end]);) ++end;
    const std::string word(text_.substr(start, end - start));
    at_ = end;
    if (const auto seconds = promql_duration(word))
      return add(Kind::duration, word, start, *seconds);
    char* stop = nullptr;
    const double value = std::strtod(word.c_str(), &stop);
    if (*stop != '\0')
      return add(Kind::error,
                 fmt::format("bad number or duration syntax: \"{}\"",
                             word.substr(0, word.find_first_not_of("0123456789.xX"))),
                 start);
    add(Kind::number, word, start, value);
  }

  void name() {
    const std::size_t start = at_;
    while (at_ < text_.size() && goes_on(text_[at_])) ++at_;
    std::string word(text_.substr(start, at_ - start));
    std::string low = word;
    std::transform(low.begin(), low.end(), low.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (braces_ == 0 && low == "inf")
      return add(Kind::number, word, start, std::numeric_limits<double>::infinity());
    if (braces_ == 0 && low == "nan")
      return add(Kind::number, word, start, std::numeric_limits<double>::quiet_NaN());
    add(Kind::name, std::move(word), start);
  }

  void sign() {
    const std::size_t start = at_;
    for (const std::string_view two : {"==", "!=", "=~", "!~", ">=", "<="}) {
      const bool regex = two == "=~" || two == "!~";
      if (text_.substr(at_, 2) != two || (regex && braces_ == 0)) continue;
      at_ += 2;
      return add(Kind::sign, std::string(two), start);
    }
    const char c = text_[at_++];
    const auto wrong = [&](std::string message) { add(Kind::error, std::move(message), start); };
    if (c == '!' || (c == '=' && at_ < text_.size() && text_[at_] == '~')) {
      // At the end of the input Prometheus shows what is no character.
      const std::string next =
          at_ < text_.size() ? std::string(text_.substr(at_, 1)) : "\xef\xbf\xbd";
      return wrong(fmt::format("unexpected character after '{}': '{}'", c, next));
    }
    if (std::string_view("(){}[],=+-*/%^<>@:").find(c) == std::string_view::npos)
      return wrong(
          fmt::format("unexpected character{}: '{}'", braces_ > 0 ? " inside braces" : "", c));
    if (c == ')' && depth_ == 0) return add(Kind::error, "unexpected right parenthesis ')'", at_);
    if (c == '}' && braces_ == 0) return wrong("unexpected character: '}'");
    if (c == ']' && brackets_ == 0) return wrong("unexpected right bracket ']'");
    depth_ += (c == '(') - (c == ')');
    braces_ += (c == '{') - (c == '}');
    brackets_ += (c == '[') - (c == ']');
    add(Kind::sign, std::string(1, c), start);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0, braces_ = 0, brackets_ = 0;
  std::vector<PromToken> tokens_;
};

}  // namespace

std::vector<PromToken> promql_tokens(std::string_view text) {
  return PromLexer(text).read();
}

bool is_aggregation(std::string_view word) {
  return std::find(aggregations.begin(), aggregations.end(), word) != aggregations.end();
}

std::optional<double> promql_duration(std::string_view text) {
  double seconds = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::size_t digits = 0;
    while (digits < text.size() && is_digit(text[digits])) ++digits;
    std::size_t letters = digits;
    while (letters < text.size() && !is_digit(text[letters])) ++letters;
    const std::string_view unit = text.substr(digits, letters - digits);
    const auto* const found = std::find_if(units.begin(), units.end(),
                                           [unit](const auto& one) { return one.first == unit; });
    if (digits == 0 || digits > 15 || found == units.end()) return std::nullopt;
    seconds += std::strtod(std::string(text.substr(0, digits)).c_str(), nullptr) * found->second;
    text.remove_prefix(letters);
  }
  return seconds;
}

std::string PromToken::described() const {
  switch (kind) {
    case Kind::end:
      return "end of input";
    case Kind::error:
      return text;
    case Kind::number:
      return fmt::format("number \"{}\"", text);
    case Kind::duration:
      return fmt::format("number \"{}\"", text);
    case Kind::text:
      return fmt::format(R"(string "\"{}\"")", text);
    case Kind::name:
      if (is_aggregation(text)) return fmt::format("<aggr:{}>", text);
      if (std::find(keywords.begin(), keywords.end(), text) != keywords.end())
        return fmt::format("<{}>", text);
      return fmt::format("identifier \"{}\"", text);
    default:
      break;
  }
  if (std::string_view("(){}[],=:").find(text) != std::string_view::npos)
    return fmt::format("\"{}\"", text);
  return fmt::format("<op:{}>", text);
}

}  // namespace ostler::lab
