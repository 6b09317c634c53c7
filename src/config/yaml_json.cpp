// Foreign YAML as JSON, built from the parser's events, so that aliases and depth are refused
// before a tree exists.
#include "ostler/config/yaml_json.hpp"

#include "ostler/base/text.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>
#include <sstream>

namespace ostler {
namespace {

constexpr std::size_t max_bytes = 1u << 20;
constexpr std::size_t max_depth = 64;
constexpr std::size_t max_nodes = 100'000;

/// Thrown to get out of yaml-cpp, caught in this file.
struct Refusal {
  int line;
  std::string why;
};

bool is_one_of(const std::string& text, std::initializer_list<const char*> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

template <typename Number>
std::optional<Number> number_of(std::string_view text, int base = 10) {
  Number number{};
  const auto [end, error] = [&] {
    if constexpr (std::is_floating_point_v<Number>)
      return std::from_chars(text.data(), text.data() + text.size(), number);
    else
      return std::from_chars(text.data(), text.data() + text.size(), number, base);
  }();
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

/// A plain scalar by the core schema of YAML 1.2: `no` and 0777 are a text and a decimal number,
/// not false and octal.
Json plain_scalar(const std::string& text) {
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return nullptr;
  if (is_one_of(text, {"true", "True", "TRUE"})) return true;
  if (is_one_of(text, {"false", "False", "FALSE"})) return false;
  const std::string_view unsigned_text = std::string_view{text}.substr(text[0] == '+' ? 1 : 0);
  if (starts_with(text, "0x"))
    if (const auto number = number_of<std::int64_t>(text.substr(2), 16)) return *number;
  if (starts_with(text, "0o"))
    if (const auto number = number_of<std::int64_t>(text.substr(2), 8)) return *number;
  if (const auto number = number_of<std::int64_t>(unsigned_text)) return *number;
  const bool numeric = text.find_first_not_of("0123456789+-.eE") == std::string::npos &&
                       text.find_first_of("0123456789") != std::string::npos;
  if (numeric)
    if (const auto number = number_of<double>(unsigned_text); number && std::isfinite(*number))
      return *number;
  return text;
}

class Builder final : public YAML::EventHandler {
 public:
  Json take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add(mark, nullptr); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refusal{mark.line + 1, "an alias is not allowed here"};
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    const bool expects_key = !open_.empty() && open_.back().value.is_object() && !open_.back().key;
    if (is_one_of(tag, {"?", ""}) && !expects_key)
      add(mark, plain_scalar(value));
    else if (is_one_of(tag, {"?", "", "!", "tag:yaml.org,2002:str"}))
      add(mark, value);
    else
      throw Refusal{mark.line + 1, "the tag '" + sanitize(tag) + "' is not allowed here"};
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(mark, Json::array());
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open(mark, Json::object());
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    int line;
    Json value;
    std::optional<std::string> key;  ///< read, its value comes next
  };

  void count(const YAML::Mark& mark) {
    if (++nodes_ > max_nodes)
      throw Refusal{mark.line + 1, fmt::format("more than {} values", max_nodes)};
  }

  void open(const YAML::Mark& mark, Json empty) {
    count(mark);
    if (open_.size() >= max_depth)
      throw Refusal{mark.line + 1, fmt::format("nested deeper than {} levels", max_depth)};
    if (!open_.empty() && open_.back().value.is_object() && !open_.back().key)
      throw Refusal{mark.line + 1, "a key must be a text"};
    open_.push_back({mark.line + 1, std::move(empty), std::nullopt});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    place(done.line, std::move(done.value));
  }

  void add(const YAML::Mark& mark, Json value) {
    count(mark);
    place(mark.line + 1, std::move(value));
  }

  void place(int line, Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Open& parent = open_.back();
    if (parent.value.is_array()) {
      parent.value.push_back(std::move(value));
    } else if (parent.key) {
      parent.value[*std::exchange(parent.key, std::nullopt)] = std::move(value);
    } else if (!value.is_string()) {
      throw Refusal{line, "a key must be a text"};
    } else if (parent.value.contains(value.get<std::string>())) {
      throw Refusal{line, "the key '" + sanitize(value.get<std::string>()) + "' is there twice"};
    } else {
      parent.key = value.get<std::string>();
    }
  }

  Json root_;
  std::vector<Open> open_;
  std::size_t nodes_ = 0;
};

Failure bad(std::string_view what, int line, std::string_view why) {
  return {FailureKind::permanent, fmt::format("{}, line {}: {}", what, line, why), "", ""};
}

}  // namespace

Result<Json> yaml_to_json(std::string_view text, std::string_view what) {
  if (text.size() > max_bytes)
    return Failure{FailureKind::permanent,
                   fmt::format("{} is longer than {}", what, format_bytes(max_bytes)), "", ""};
  try {
    std::istringstream stream{std::string{text}};
    YAML::Parser parser{stream};
    Builder builder;
    if (!parser.HandleNextDocument(builder)) return Json{};
    Builder second;
    if (parser.HandleNextDocument(second))
      return Failure{FailureKind::permanent, fmt::format("{} holds a second document", what), "",
                     ""};
    return builder.take();
  } catch (const Refusal& refusal) {
    return bad(what, refusal.line, refusal.why);
  } catch (const YAML::Exception& error) {
    return bad(what, error.mark.line + 1, sanitize(error.msg));
  }
}

}  // namespace ostler
