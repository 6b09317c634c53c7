// The rules of routers: Traefik's matchers, read by recursive descent.
#include "proxy_rule.hpp"

#include "ostler/base/text.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <regex>

namespace ostler::lab {
namespace {

using Rule = std::shared_ptr<const ProxyRule>;

/// A matcher that is one question to the request.
template <typename Fits>
class Matcher final : public ProxyRule {
 public:
  explicit Matcher(Fits fits) : fits_(std::move(fits)) {}
  bool fits(const RuleQuestion& question) const override { return fits_(question); }

 private:
  Fits fits_;
};

template <typename Fits>
Rule matcher(Fits fits) {
  return std::make_shared<const Matcher<Fits>>(std::move(fits));
}

/// Hosts are few and expressions slow: each host is decided once.
class HostPattern final : public ProxyRule {
 public:
  explicit HostPattern(const std::string& expression) : expression_(expression) {}
  bool fits(const RuleQuestion& question) const override {
    if (const auto found = known_.find(question.host); found != known_.end()) return found->second;
    if (known_.size() >= most_known) known_.clear();
    const bool result = std::regex_search(question.host.begin(), question.host.end(), expression_);
    known_.emplace(question.host, result);
    return result;
  }

 private:
  static constexpr std::size_t most_known = 1000;
  std::regex expression_;
  mutable std::map<std::string, bool, std::less<>> known_;
};

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return std::tolower(letter); });
  return text;
}

Failure wrong_rule(const std::string& why) {
  return {FailureKind::permanent, why, "", ""};
}

Result<Rule> make_matcher(const std::string& name, const std::string& value) {
  if (name == "Host")
    return matcher([host = lower_case(value)](const RuleQuestion& q) { return q.host == host; });
  if (name == "HostRegexp") {
    try {
      return Rule{std::make_shared<const HostPattern>(value)};
    } catch (const std::regex_error&) {
      return wrong_rule("compiling HostRegexp matcher: error parsing regexp: `" + value + "`");
    }
  }
  if (name == "Method")
    return matcher([value](const RuleQuestion& q) { return q.method == value; });
  if (name != "Path" && name != "PathPrefix") return wrong_rule("unsupported function: " + name);
  if (!starts_with(value, "/"))
    return wrong_rule("path \"" + value + "\" does not start with a '/'");
  if (name == "Path") return matcher([value](const RuleQuestion& q) { return q.path == value; });
  return matcher([value](const RuleQuestion& q) { return starts_with(q.path, value); });
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  Result<Rule> whole() {
    OSTLER_TRY(Rule rule, any_of());
    skip_space();
    if (!rest_.empty()) return unreadable();
    return rule;
  }

 private:
  Result<Rule> any_of() {
    OSTLER_TRY(Rule left, all_of());
    while (take("||")) {
      OSTLER_TRY(Rule right, all_of());
      left =
          matcher([left, right](const RuleQuestion& q) { return left->fits(q) || right->fits(q); });
    }
    return left;
  }

  Result<Rule> all_of() {
    OSTLER_TRY(Rule left, one());
    while (take("&&")) {
      OSTLER_TRY(Rule right, one());
      left =
          matcher([left, right](const RuleQuestion& q) { return left->fits(q) && right->fits(q); });
    }
    return left;
  }

  Result<Rule> one() {
    if (++matchers_ > most_matchers) return unreadable();
    if (take("!")) {
      OSTLER_TRY(Rule rule, one());
      return matcher([rule](const RuleQuestion& q) { return !rule->fits(q); });
    }
    if (take("(")) {
      OSTLER_TRY(Rule rule, any_of());
      if (!take(")")) return unreadable();
      return rule;
    }
    return named();
  }

  Result<Rule> named() {
    skip_space();
    std::size_t length = 0;
    while (length < rest_.size() && std::isalnum(static_cast<unsigned char>(rest_[length])))
      ++length;
    const std::string name(rest_.substr(0, length));
    rest_.remove_prefix(length);
    if (name.empty() || !take("(")) return unreadable();
    skip_space();
    const char quote = rest_.empty() ? '\0' : rest_.front();
    const std::size_t end =
        quote == '`' || quote == '"' ? rest_.find(quote, 1) : std::string_view::npos;
    if (end == std::string_view::npos) return unreadable();
    const std::string value(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    if (!take(")")) return unreadable();
    return make_matcher(name, value);
  }

  bool take(std::string_view word) {
    skip_space();
    if (!starts_with(rest_, word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  void skip_space() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front())))
      rest_.remove_prefix(1);
  }

  Failure unreadable() const {
    return wrong_rule("the rule cannot be read at '" + std::string(rest_.substr(0, 40)) + "'");
  }

  static constexpr int most_matchers = 500;
  std::string_view rest_;
  int matchers_ = 0;
};

}  // namespace

Result<Rule> read_rule(std::string_view text) {
  return Reader(text).whole();
}

}  // namespace ostler::lab
