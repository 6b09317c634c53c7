// Reads as much of Python as an Odoo addon's manifest and declarations need, without running any of
// it.
#include "survey/python_text.hpp"

#include "ostler/base/text.hpp"

#include <cctype>
#include <charconv>

namespace ostler {

namespace {

constexpr std::size_t literal_limit = 1u << 20;
constexpr int depth_limit = 32;

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

void append_utf8(std::uint32_t code, std::string& text) {
  const auto byte = [&text](std::uint32_t value) { text += static_cast<char>(value); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | (code >> 6));
    byte(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    byte(0xE0 | (code >> 12));
    byte(0x80 | ((code >> 6) & 0x3F));
    byte(0x80 | (code & 0x3F));
  } else {
    byte(0xF0 | (code >> 18));
    byte(0x80 | ((code >> 12) & 0x3F));
    byte(0x80 | ((code >> 6) & 0x3F));
    byte(0x80 | (code & 0x3F));
  }
}

/// Where the string that begins at `start` (at its quote) ends, behind its last quote; npos when it
/// does not.
std::size_t end_of_string(std::string_view text, std::size_t start) {
  const char quote = text[start];
  const bool triple = text.substr(start, 3) == std::string(3, quote);
  std::size_t at = start + (triple ? 3 : 1);
  while (at < text.size()) {
    if (text[at] == '\\') {
      at += 2;
    } else if (triple && text.substr(at, 3) == std::string(3, quote)) {
      return at + 3;
    } else if (!triple && text[at] == quote) {
      return at + 1;
    } else if (!triple && text[at] == '\n') {
      return std::string_view::npos;
    } else {
      ++at;
    }
  }
  return std::string_view::npos;
}

class LiteralReader {
 public:
  explicit LiteralReader(std::string_view text) : text_(text) {}

  Result<Json> read() {
    if (text_.size() > literal_limit) return damaged("it is too long");
    if (starts_with(text_, "\xEF\xBB\xBF")) at_ = 3;
    OSTLER_TRY(Json value, value_at_depth(1));
    skip();
    if (at_ != text_.size()) return damaged("something follows the value");
    return value;
  }

 private:
  Failure damaged(std::string_view why) const {
    const auto line =
        std::count(text_.begin(),
                   text_.begin() + static_cast<std::ptrdiff_t>(std::min(at_, text_.size())), '\n') +
        1;
    return {FailureKind::permanent, fmt::format("line {}: {}", line, why), "", ""};
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
        ++at_;
      } else if (c == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else if (c == '\\' &&
                 (text_.substr(at_ + 1, 1) == "\n" || text_.substr(at_ + 1, 2) == "\r\n")) {
        at_ += 2;
      } else {
        return;
      }
    }
  }

  Result<Json> value_at_depth(int depth) {
    if (depth > depth_limit) return damaged("it is nested too deeply");
    skip();
    const char c = peek();
    if (c == '{') return braces(depth);
    if (c == '[') return sequence(']', depth);
    if (c == '(') return parentheses(depth);
    if (string_prefix()) return strings();
    if (c == '-' || c == '+' || c == '.' || std::isdigit(static_cast<unsigned char>(c)) != 0)
      return number();
    return word();
  }

  Result<Json> word() {
    std::size_t end = at_;
    while (end < text_.size() && is_word(text_[end])) ++end;
    const std::string_view name = text_.substr(at_, end - at_);
    if (name != "True" && name != "False" && name != "None") {
      return damaged(name.empty()
                         ? "a value is missing"
                         : fmt::format("'{}' is no literal", sanitize(name, Lines::escape, 60)));
    }
    at_ = end;
    if (name == "None") return Json(nullptr);
    return Json(name == "True");
  }

  Result<Json> number() {
    std::size_t end = at_;
    while (end < text_.size() &&
           (is_word(text_[end]) || text_[end] == '.' || text_[end] == '-' || text_[end] == '+'))
      ++end;
    std::string digits(text_.substr(at_, end - at_));
    digits.erase(std::remove(digits.begin(), digits.end(), '_'), digits.end());
    if (starts_with(digits, "+")) digits.erase(0, 1);
    std::int64_t whole = 0;
    const char* last = digits.data() + digits.size();
    if (const auto [stop, trouble] = std::from_chars(digits.data(), last, whole);
        trouble == std::errc() && stop == last) {
      at_ = end;
      return Json(whole);
    }
    double real = 0;
    if (const auto [stop, trouble] = std::from_chars(digits.data(), last, real);
        trouble != std::errc() || stop != last) {
      return damaged(fmt::format("'{}' is no number", sanitize(digits, Lines::escape, 60)));
    }
    at_ = end;
    return Json(real);
  }

  /// Whether a string begins here, with how many prefix characters; f-strings are no literals.
  std::optional<std::size_t> string_prefix() const {
    for (std::size_t length = 0; length <= 2 && at_ + length < text_.size(); ++length) {
      const char c = text_[at_ + length];
      if (c == '\'' || c == '"') return length;
      if (std::string_view("rRuUbB").find(c) == std::string_view::npos) return std::nullopt;
    }
    return std::nullopt;
  }

  /// Strings side by side are one string.
  Result<Json> strings() {
    std::string joined;
    while (const auto prefix = string_prefix()) {
      const std::string_view letters = text_.substr(at_, *prefix);
      const bool raw = letters.find_first_of("rR") != std::string_view::npos;
      at_ += *prefix;
      const std::size_t end = end_of_string(text_, at_);
      if (end == std::string_view::npos) return damaged("a string does not end");
      const std::size_t quotes =
          text_.substr(at_, 3) == std::string(3, text_[at_]) && end - at_ >= 6 ? 3 : 1;
      const std::string_view inside = text_.substr(at_ + quotes, end - at_ - 2 * quotes);
      if (raw)
        joined += inside;
      else
        OSTLER_CHECK(unescape(inside, joined));
      at_ = end;
      skip();
    }
    return Json(std::move(joined));
  }

  Result<void> unescape(std::string_view inside, std::string& joined) {
    for (std::size_t at = 0; at < inside.size(); ++at) {
      if (inside[at] != '\\') {
        joined += inside[at];
        continue;
      }
      ++at;
      const char c = inside[at];
      static constexpr std::string_view names = "ntrabfv\\'\"", values = "\n\t\r\a\b\f\v\\'\"";
      if (const auto found = names.find(c); found != std::string_view::npos) {
        joined += values[found];
      } else if (c == '\n') {
        continue;
      } else if (const std::size_t digits = c == 'x'   ? 2
                                            : c == 'u' ? 4
                                            : c == 'U' ? 8
                                                       : 0;
                 digits > 0) {
        std::uint32_t code = 0;
        const std::string_view hex = inside.substr(at + 1, digits);
        const auto [stop, trouble] = std::from_chars(hex.data(), hex.data() + hex.size(), code, 16);
        if (hex.size() != digits || trouble != std::errc() || stop != hex.data() + digits ||
            code > 0x10FFFF) {
          return damaged("an escape in a string is damaged");
        }
        append_utf8(code, joined);
        at += digits;
      } else if (c >= '0' && c <= '7') {
        std::uint32_t code = 0;
        std::size_t length = 0;
        for (; length < 3 && at + length < inside.size() && inside[at + length] >= '0' &&
               inside[at + length] <= '7';
             ++length) {
          code = code * 8 + static_cast<std::uint32_t>(inside[at + length] - '0');
        }
        append_utf8(code, joined);
        at += length - 1;
      } else {
        joined += '\\';
        joined += c;
      }
    }
    return {};
  }

  /// Behind the opening bracket's content up to and including `close`.
  Result<Json> sequence(char close, int depth) {
    ++at_;
    Json list = Json::array();
    while (true) {
      skip();
      if (peek() == close) break;
      OSTLER_TRY(Json value, value_at_depth(depth + 1));
      list.push_back(std::move(value));
      skip();
      if (peek() == ',')
        ++at_;
      else if (peek() != close)
        return damaged(fmt::format("expected ',' or '{}'", close));
    }
    ++at_;
    return list;
  }

  /// A tuple, or a value in parentheses.
  Result<Json> parentheses(int depth) {
    const std::size_t start = at_;
    OSTLER_TRY(Json list, sequence(')', depth));
    if (list.size() != 1) return list;
    std::size_t before = at_ - 1;
    while (before > start && std::isspace(static_cast<unsigned char>(text_[before - 1])) != 0)
      --before;
    if (text_[before - 1] == ',') return list;
    return Json(list[0]);
  }

  /// A dict, or a set.
  Result<Json> braces(int depth) {
    const std::size_t start = at_;
    ++at_;
    Json object = Json::object();
    while (true) {
      skip();
      if (peek() == '}') break;
      OSTLER_TRY(const Json key, value_at_depth(depth + 1));
      skip();
      if (peek() != ':' && object.empty()) {
        at_ = start;
        return sequence('}', depth);
      }
      if (peek() != ':') return damaged("expected ':'");
      if (!key.is_string()) return damaged("a key is not a text");
      ++at_;
      OSTLER_TRY(Json value, value_at_depth(depth + 1));
      object[key.get<std::string>()] = std::move(value);
      skip();
      if (peek() == ',')
        ++at_;
      else if (peek() != '}')
        return damaged("expected ',' or '}'");
    }
    ++at_;
    return object;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// Calls `use` with each statement, its comments left out and its white space outside of strings
/// made even. False when the text cannot be split.
template <typename Use>
bool for_each_statement(std::string_view text, const Use& use) {
  std::string statement;
  int depth = 0;
  const auto space = [&statement] {
    if (!statement.empty() && statement.back() != ' ') statement += ' ';
  };
  const auto finish = [&] {
    while (!statement.empty() && statement.back() == ' ') statement.pop_back();
    if (!statement.empty()) use(statement);
    statement.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '\'' || c == '"') {
      const std::size_t end = end_of_string(text, at);
      if (end == std::string_view::npos) return false;
      statement += text.substr(at, end - at);
      at = end;
    } else if (c == '#') {
      while (at < text.size() && text[at] != '\n') ++at;
    } else if (c == '\n' && depth == 0) {
      finish();
      ++at;
    } else if (c == '\\' && (text.substr(at + 1, 1) == "\n" || text.substr(at + 1, 2) == "\r\n")) {
      space();
      at += 2;
    } else if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      space();
      ++at;
    } else {
      if (c == '(' || c == '[' || c == '{') ++depth;
      if (c == ')' || c == ']' || c == '}') --depth;
      if (depth < 0) return false;
      statement += c;
      ++at;
    }
  }
  finish();
  return depth == 0;
}

bool calls(std::string_view statement, std::string_view prefix, bool any_class) {
  for (auto at = statement.find(prefix); at != std::string_view::npos;
       at = statement.find(prefix, at + 1)) {
    if (at > 0 && is_word(statement[at - 1])) continue;
    const std::string_view rest = statement.substr(at + prefix.size());
    if (!any_class || (!rest.empty() && std::isupper(static_cast<unsigned char>(rest[0])) != 0))
      return true;
  }
  return false;
}

bool assigns_model_attribute(std::string_view statement) {
  static constexpr const char* attributes[] = {
      "_name",     "_inherit",  "_inherits",  "_table",      "_table_query",  "_sql_constraints",
      "_auto",     "_abstract", "_transient", "_log_access", "_parent_store", "_parent_name",
      "_rec_name", "_register"};
  for (const std::string_view attribute : attributes) {
    if (!starts_with(statement, attribute)) continue;
    const std::string_view rest = statement.substr(attribute.size());
    if (!rest.empty() && !is_word(rest[0])) return true;
  }
  return false;
}

bool is_declaration(std::string_view statement) {
  return starts_with(statement, "class ") || calls(statement, "fields.", true) ||
         calls(statement, "models.Constraint(", false) ||
         calls(statement, "models.Index(", false) ||
         calls(statement, "models.UniqueIndex(", false) || assigns_model_attribute(statement);
}

}  // namespace

Result<Json> parse_python_literal(std::string_view text) {
  return LiteralReader(text).read();
}

std::string python_declarations(std::string_view text) {
  std::string declarations;
  const bool split = for_each_statement(text, [&declarations](const std::string& statement) {
    if (is_declaration(statement)) declarations += statement + "\n";
  });
  return split ? declarations : std::string(text);
}

std::optional<std::string> odoo_series(std::string_view release_text) {
  std::optional<std::string> series;
  for_each_statement(release_text, [&series](const std::string& statement) {
    if (!starts_with(statement, "version_info")) return;
    const auto open = statement.find('(');
    if (open == std::string::npos || series) return;
    std::vector<std::string> parts = split(std::string_view(statement).substr(open + 1), ',');
    if (parts.size() < 2) return;
    std::string found;
    for (std::size_t part = 0; part < 2; ++part) {
      std::string value = trim(parts[part]);
      if (value.size() > 1 && (value[0] == '\'' || value[0] == '"'))
        value = value.substr(1, value.size() - 2);
      const bool usable = !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
        return is_word(c) || c == '~' || c == '-';
      });
      if (!usable) return;
      found += (part == 0 ? "" : ".") + value;
    }
    series = found;
  });
  return series;
}

Result<std::string> adapt_version(const std::string& version, const std::string& series) {
  if (series.empty()) return version;
  const bool prefixed = version != series && starts_with(version, series + ".");
  const std::string own = prefixed ? version.substr(series.size() + 1) : version;
  const std::vector<std::string> parts = split(own, '.');
  const bool numbers = std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
    return !part.empty() && part.find_first_not_of("0123456789") == std::string::npos;
  });
  const bool strict = std::strtol(series.c_str(), nullptr, 10) >= 18;
  if (strict && (!numbers || parts.size() < 2 || parts.size() > 3)) {
    return Failure{FailureKind::permanent,
                   fmt::format("version '{}' is not x.y or x.y.z, with or without '{}.' before it",
                               sanitize(version, Lines::escape, 60), series),
                   "", ""};
  }
  return prefixed ? version : series + "." + version;
}

}  // namespace ostler
