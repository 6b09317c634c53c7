// Reads single values: text, names, numbers, durations, shares. Never guesses; says what was
// expected.
#include "values.hpp"

#include "surprises.hpp"

#include "ostler/base/text.hpp"

#include <charconv>

namespace ostler {
namespace {

constexpr std::size_t longest_name = 63;
constexpr std::size_t longest_kubernetes_name = 253;
constexpr std::size_t longest_text = 1024;
constexpr std::size_t most_listed = 20;

bool is_lower(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

void expected(const Field& field, std::string_view what, std::string_view hint, Report& report) {
  std::string message =
      fmt::format("{} must be {}, found {}", field.name, what, found(*field.node, report));
  std::vector<std::string> hints;
  if (!hint.empty()) hints.emplace_back(hint);
  report.error(field.span, std::move(message), std::move(hints));
}

/// A scalar of any form, or nothing after a complaint.
const YamlNode* scalar(const Field& field, std::string_view what, Report& report) {
  if (!field) return nullptr;
  if (field.node->is_scalar()) return field.node;
  expected(field, what, "", report);
  return nullptr;
}

/// The scalar when it is text without doubt.
const YamlNode* text_node(const Field& field, Report& report) {
  const YamlNode* node = scalar(field, "text", report);
  if (node == nullptr || !node->is_plain()) return node;
  const std::optional<std::string> meaning = surprising_meaning(node->text);
  if (!meaning) return node;
  if (report.hidden(node->begin())) {
    expected(field, "text", "Put it in quotes.", report);
    return nullptr;
  }
  report.error(
      field.span,
      fmt::format("{} must be text, but {} without quotes is {}", field.name, node->text, *meaning),
      {fmt::format("Write \"{}\" if the text is meant.", node->text)});
  return nullptr;
}

bool has_control(std::string_view text, std::string_view allowed) {
  return std::any_of(text.begin(), text.end(), [&](char c) {
    return (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) &&
           allowed.find(c) == std::string_view::npos;
  });
}

bool is_dns_label(std::string_view text) {
  return !text.empty() && text.size() <= longest_name && is_lower(text.front()) &&
         is_lower(text.back()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_lower(c) || c == '-'; });
}

/// Digits and at most one point, as a person writes a number.
std::optional<double> plain_decimal(std::string_view text) {
  if (text.empty() || text.size() > 20 ||
      text.find_first_not_of("0123456789.") != std::string_view::npos)
    return std::nullopt;
  if (text.front() == '.' || text.back() == '.') return std::nullopt;
  if (text.size() > 1 && text[0] == '0' && text[1] != '.') return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// As it would be written in the file: "300ms", "24h".
std::string duration_text(Milliseconds duration) {
  struct Unit {
    std::int64_t milliseconds;
    std::string_view name;
  };
  for (const Unit& unit : {Unit{3'600'000, "h"}, Unit{60'000, "m"}, Unit{1000, "s"}}) {
    if (duration.count() > 0 && duration.count() % unit.milliseconds == 0) {
      return fmt::format("{}{}", duration.count() / unit.milliseconds, unit.name);
    }
  }
  return duration.count() == 0 ? "0s" : fmt::format("{}ms", duration.count());
}

std::string number_hint(const YamlNode& node) {
  if (!node.is_plain()) return "Remove the quotes, and write decimal digits only.";
  const std::optional<std::string> meaning = surprising_meaning(node.text);
  const bool another_base = meaning && node.text.find_first_of("0x_:e") != std::string::npos;
  return another_base
             ? fmt::format("Write decimal digits only; YAML readers take this for {}.", *meaning)
             : "Write decimal digits only.";
}

std::string flag_hint(const YamlNode& node) {
  if (!node.is_plain()) return "Remove the quotes.";
  for (const char* word : {"yes", "Yes", "YES", "on", "On", "ON", "True", "TRUE", "y", "Y"}) {
    if (node.text == word) return "Write true.";
  }
  for (const char* word : {"no", "No", "NO", "off", "Off", "OFF", "False", "FALSE", "n", "N"}) {
    if (node.text == word) return "Write false.";
  }
  return "";
}

}  // namespace

std::string read_text(const Field& field, Report& report) {
  const YamlNode* node = text_node(field, report);
  if (node == nullptr) return "";
  if (node->text.empty()) {
    report.error(field.span, fmt::format("{} is empty", field.name));
    return "";
  }
  if (has_control(node->text, "")) {
    report.error(field.span,
                 fmt::format("{} must be text of one line without control characters", field.name));
    return "";
  }
  if (node->text.size() > longest_text) {
    report.error(field.span, fmt::format("{} is {} bytes long, at most {} are allowed", field.name,
                                         node->text.size(), longest_text));
    return "";
  }
  return node->text;
}

std::string read_long_text(const Field& field, Report& report) {
  const YamlNode* node = text_node(field, report);
  if (node == nullptr) return "";
  if (trim(node->text).empty()) {
    report.error(field.span, fmt::format("{} is empty", field.name));
    return "";
  }
  if (has_control(node->text, "\n\t")) {
    report.error(field.span, fmt::format("{} must be text without control characters", field.name));
    return "";
  }
  return node->text;
}

std::string read_name(const Field& field, Report& report) {
  std::string text = read_text(field, report);
  if (text.empty()) return "";
  const bool fits = text.size() <= longest_name && is_lower(text[0]) &&
                    std::all_of(text.begin(), text.end(), [](char c) {
                      return is_lower(c) || c == '-' || c == '_' || c == '.';
                    });
  if (fits) return text;
  expected(field, "a name",
           "A name has at most 63 lower-case letters, digits, '-', '_' and '.', and begins with a "
           "letter or digit.",
           report);
  return "";
}

std::string read_kubernetes_label(const Field& field, Report& report) {
  std::string text = read_text(field, report);
  if (text.empty() || is_dns_label(text)) return text;
  expected(field, "a name as Kubernetes has them",
           "It has at most 63 lower-case letters, digits and '-', and begins and ends with a "
           "letter or digit.",
           report);
  return "";
}

std::string read_kubernetes_name(const Field& field, Report& report) {
  std::string text = read_text(field, report);
  if (text.empty()) return text;
  const std::vector<std::string> labels = split(text, '.');
  if (text.size() <= longest_kubernetes_name &&
      std::all_of(labels.begin(), labels.end(), is_dns_label))
    return text;
  expected(
      field, "a name as Kubernetes has them",
      "It has lower-case letters, digits, '-' and '.', and begins and ends with a letter or digit.",
      report);
  return "";
}

std::optional<std::int64_t> read_integer(const Field& field, IntegerRange range, Report& report) {
  const std::string what =
      fmt::format("a whole number from {} to {}", range.smallest, range.largest);
  const YamlNode* node = scalar(field, what, report);
  if (node == nullptr) return std::nullopt;
  const std::optional<double> value = node->is_plain() ? plain_decimal(node->text) : std::nullopt;
  const bool whole = value && node->text.find('.') == std::string::npos;
  if (!whole) {
    expected(field, what, number_hint(*node), report);
    return std::nullopt;
  }
  if (*value < static_cast<double>(range.smallest) || *value > static_cast<double>(range.largest)) {
    expected(field, what, "", report);
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*value);
}

std::optional<double> read_decimal(const Field& field, Report& report) {
  const YamlNode* node = scalar(field, "a number", report);
  if (node == nullptr) return std::nullopt;
  const std::optional<double> value = node->is_plain() ? plain_decimal(node->text) : std::nullopt;
  if (!value)
    expected(field, "a number", "Write decimal digits and at most one point, such as 5 or 0.25.",
             report);
  return value;
}

std::optional<double> read_percent(const Field& field, double largest, Report& report) {
  const YamlNode* node = scalar(field, "a percentage", report);
  if (node == nullptr) return std::nullopt;
  const std::optional<double> value =
      ends_with(node->text, "%")
          ? plain_decimal(std::string_view(node->text).substr(0, node->text.size() - 1))
          : std::nullopt;
  if (!value) {
    expected(field, "a percentage", "Write a number and '%' without a blank, such as 2% or 0.5%.",
             report);
    return std::nullopt;
  }
  if (*value / 100 > largest) {
    expected(field, fmt::format("at most {:.0f}%", largest * 100), "", report);
    return std::nullopt;
  }
  return *value / 100;
}

std::optional<Milliseconds> read_duration(const Field& field, DurationRange range, Report& report) {
  const YamlNode* node = scalar(field, "a duration", report);
  if (node == nullptr) return std::nullopt;
  const std::optional<Milliseconds> value = parse_duration(node->text);
  if (!value) {
    expected(field, "a duration", "Write one whole number with one unit: 300ms, 5s, 5m, 2h or 7d.",
             report);
    return std::nullopt;
  }
  if (*value < range.shortest || *value > range.longest) {
    expected(
        field,
        fmt::format("from {} to {}", duration_text(range.shortest), duration_text(range.longest)),
        "", report);
    return std::nullopt;
  }
  return value;
}

std::optional<bool> read_flag(const Field& field, Report& report) {
  const YamlNode* node = scalar(field, "true or false", report);
  if (node == nullptr) return std::nullopt;
  if (node->is_plain() && node->text == "true") return true;
  if (node->is_plain() && node->text == "false") return false;
  expected(field, "true or false", flag_hint(*node), report);
  return std::nullopt;
}

std::optional<std::size_t> read_choice(const Field& field, const std::vector<std::string>& choices,
                                       Report& report) {
  const std::string what = choices.size() == 1 ? choices[0] : "one of " + join(choices, ", ");
  const YamlNode* node = scalar(field, what, report);
  if (node == nullptr) return std::nullopt;
  const auto at = std::find(choices.begin(), choices.end(), node->text);
  if (at != choices.end()) return static_cast<std::size_t>(at - choices.begin());
  const std::optional<std::string> near = nearest(node->text, choices);
  expected(field, what, near ? fmt::format("Did you mean '{}'?", *near) : "", report);
  return std::nullopt;
}

void check_known(const Field& field, const std::string& text, const std::vector<std::string>& known,
                 std::string_view what, Report& report) {
  if (!field || text.empty() || std::find(known.begin(), known.end(), text) != known.end()) return;
  std::vector<std::string> hints;
  if (const std::optional<std::string> near = nearest(text, known)) {
    hints.push_back(fmt::format("Did you mean '{}'?", *near));
  } else if (!known.empty() && known.size() <= most_listed) {
    hints.push_back(fmt::format("There is: {}.", join(known, ", ")));
  }
  report.error(field.span, fmt::format("there is no {} {}", what, in_quotes(text)),
               std::move(hints));
}

}  // namespace ostler
