// Knows the unquoted texts that YAML readers take for something else. Written without regular
// expressions: those of the standard library recurse on long texts.
#include "surprises.hpp"

#include "ostler/base/text.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>

namespace ostler {
namespace {

constexpr std::size_t longest_number = 40;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool all_of(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

std::string_view without_sign(std::string_view text) {
  return !text.empty() && (text[0] == '-' || text[0] == '+') ? text.substr(1) : text;
}

/// Whole numbers in every base a YAML reader knows.
std::optional<std::string> as_integer(std::string_view text) {
  const std::string_view body = without_sign(text);
  const std::string digits = replace_all(std::string(body), "_", "");
  const auto in_base = [&](std::size_t prefix, int base, std::string_view name) {
    return fmt::format("the {} number {}{}", name, text[0] == '-' ? "-" : "",
                       std::strtoull(digits.c_str() + prefix, nullptr, base));
  };
  if (starts_with(body, "0x") && all_of(body.substr(2), "0123456789abcdefABCDEF_"))
    return in_base(2, 16, "hexadecimal");
  if (starts_with(body, "0o") && all_of(body.substr(2), "01234567_")) return in_base(2, 8, "octal");
  if (starts_with(body, "0b") && all_of(body.substr(2), "01_")) return in_base(2, 2, "binary");
  if (body.size() > 1 && body[0] == '0' && all_of(body, "01234567_")) return in_base(1, 8, "octal");
  if (all_of(body, "0123456789_") && is_digit(body[0])) {
    return fmt::format("the number {}{}", text[0] == '-' ? "-" : "", digits);
  }
  return std::nullopt;
}

/// 12:30, 12:30:00.5: numbers to the base 60 for YAML 1.1.
bool is_sexagesimal(std::string_view text) {
  const std::vector<std::string> parts = split(without_sign(text), ':');
  if (parts.size() < 2) return false;
  for (std::size_t index = 0; index < parts.size(); ++index) {
    const bool last = index + 1 == parts.size();
    if (!all_of(parts[index], last ? "0123456789._" : index == 0 ? "0123456789_" : "0123456789"))
      return false;
    if (!is_digit(parts[index][0])) return false;
    if (index > 0 && split(parts[index], '.')[0].size() > 2) return false;
  }
  return true;
}

std::optional<std::string> as_decimal(std::string_view text) {
  const std::string_view body = without_sign(text);
  if (body == ".inf" || body == ".Inf" || body == ".INF") return "infinity";
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return "'not a number'";
  const std::string number = replace_all(std::string(text), "_", "");
  const std::string_view digits = without_sign(number);
  const bool begins =
      !digits.empty() &&
      (is_digit(digits[0]) || (digits.size() > 1 && digits[0] == '.' && is_digit(digits[1])));
  if (!begins || !all_of(digits, "0123456789.eE+-")) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(number.c_str(), &end);
  if (*end != '\0') return std::nullopt;
  return fmt::format("the number {:.15g}", value);
}

/// 2026-11-02, and whatever follows it as a time.
bool is_date(std::string_view text) {
  const std::string_view date = text.substr(0, text.find_first_of("Tt "));
  const std::vector<std::string> parts = split(date, '-');
  return parts.size() == 3 && parts[0].size() == 4 && parts[1].size() <= 2 &&
         parts[2].size() <= 2 &&
         std::all_of(parts.begin(), parts.end(),
                     [](const std::string& part) { return all_of(part, "0123456789"); }) &&
         (date.size() == text.size() ||
          all_of(text.substr(date.size() + 1), "0123456789:.+-Zz \t"));
}

}  // namespace

std::optional<std::string> surprising_meaning(std::string_view plain) {
  constexpr std::array truths{"yes",   "Yes",   "YES", "no",  "No",   "NO",   "on",   "On",
                              "ON",    "off",   "Off", "OFF", "true", "True", "TRUE", "false",
                              "False", "FALSE", "y",   "Y",   "n",    "N"};
  constexpr std::array nothings{"", "~", "null", "Null", "NULL"};
  if (std::find(truths.begin(), truths.end(), plain) != truths.end()) return "true or false";
  if (std::find(nothings.begin(), nothings.end(), plain) != nothings.end()) return "no value";
  if (plain.size() > longest_number) return std::nullopt;
  if (auto integer = as_integer(plain)) return integer;
  if (auto decimal = as_decimal(plain)) return decimal;
  if (is_sexagesimal(plain)) return "a number to the base 60";
  if (is_date(plain)) return "a date";
  return std::nullopt;
}

}  // namespace ostler
