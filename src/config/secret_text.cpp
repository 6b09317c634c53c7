// Finds where a secret may stand in a line that is about to be shown, also in files that cannot be
// parsed.
#include "source.hpp"

#include "ostler/base/secret.hpp"
#include "ostler/base/text.hpp"

#include <array>

namespace ostler {
namespace {

// How far up the lines that a line belongs to are looked for.
constexpr int most_lines_up = 2000;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

std::size_t indentation(std::string_view line) {
  return std::min(line.find_first_not_of(" \t"), line.size());
}

/// A key that names a secret, and what follows its colon (or '=') on the same line.
struct SecretKey {
  std::size_t value =
      std::string_view::npos;  ///< offset of the value; the line's length when there is none
  bool found() const { return value != std::string_view::npos; }
};

SecretKey find_secret_key(std::string_view line, std::size_t from) {
  for (std::size_t sign = line.find_first_of(":=", from); sign != std::string_view::npos;
       sign = line.find_first_of(":=", sign + 1)) {
    std::size_t end = sign;
    while (end > 0 && (line[end - 1] == ' ' || line[end - 1] == '"' || line[end - 1] == '\''))
      --end;
    std::size_t begin = end;
    while (begin > 0 && is_key_character(line[begin - 1])) --begin;
    if (begin == end || !names_a_secret(line.substr(begin, end - begin))) continue;
    const std::size_t value = line.find_first_not_of(" \t", sign + 1);
    return {value == std::string_view::npos ? line.size() : value};
  }
  return {};
}

/// Whether the text behind a secret's key is a reference (a map) or nothing, and so may be shown.
bool is_harmless_value(std::string_view rest) {
  return rest.empty() || rest[0] == '{' || rest[0] == '#';
}

bool looks_like_map_entry(std::string_view line) {
  std::size_t at = indentation(line);
  while (at < line.size() && is_key_character(line[at])) ++at;
  return at > indentation(line) && at < line.size() && line[at] == ':' &&
         (at + 1 == line.size() || line[at + 1] == ' ');
}

/// Whether the line belongs to a longer text that a secret's key began further up.
bool continues_a_secret(const Source& source, int number) {
  const std::string_view shown = source.line(number);
  std::size_t indent = indentation(shown);
  for (int up = number - 1; up > 0 && up > number - most_lines_up && indent > 0; --up) {
    const std::string_view line = source.line(up);
    const std::size_t here = indentation(line);
    if (here == line.size() || here >= indent) continue;
    indent = here;
    const SecretKey key = find_secret_key(line, 0);
    if (!key.found()) continue;
    if (!is_harmless_value(line.substr(key.value))) return true;
    if (key.value == line.size() && !looks_like_map_entry(shown)) return true;
  }
  return false;
}

/// "https://name@host" has no password that redact() knows, but the name may be a token.
std::size_t user_in_url(std::string_view line) {
  for (std::size_t at = line.find("://"); at != std::string_view::npos;
       at = line.find("://", at + 3)) {
    const std::size_t sign = line.find('@', at + 3);
    if (sign != std::string_view::npos && line.find_first_of(" \t\"'", at + 3) > sign)
      return at + 3;
  }
  return std::string_view::npos;
}

/// Whether the line belongs to a top-level key below which nobody writes secrets, even by mistake.
bool is_in_harmless_section(const Source& source, int number) {
  constexpr std::array sections{"apiVersion", "environment", "protection", "kubernetes", "traefik",
                                "records",    "waves",       "cells",      "indicators", "release",
                                "image",      "migrations",  "traffic",    "onFailure"};
  for (int up = number; up > 0 && up > number - most_lines_up; --up) {
    const std::string_view line = source.line(up);
    if (line.empty() || !(is_key_character(line[0]) || line[0] == '%')) continue;
    if (line[0] == '%' || starts_with(line, "---")) return true;
    const std::string_view key = line.substr(0, line.find(':'));
    return std::find(sections.begin(), sections.end(), key) != sections.end();
  }
  return false;
}

/// The offset of the first value of the line that is no map and stands behind a key that may have
/// anything as its value.
std::size_t doubtful_value(std::string_view line) {
  constexpr std::array known{"url",       "env",  "file", "endpoint",     "bucket",     "region",
                             "namespace", "name", "key",  "dockerConfig", "objectLock", "ca"};
  for (std::size_t colon = line.find(':'); colon != std::string_view::npos;
       colon = line.find(':', colon + 1)) {
    std::size_t value = line.find_first_not_of(' ', colon + 1);
    if (value == std::string_view::npos || (value == colon + 1 && line[value] != '[')) continue;
    std::size_t begin = colon;
    while (begin > 0 && is_key_character(line[begin - 1])) --begin;
    const std::string_view key = line.substr(begin, colon - begin);
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    if (line[value] == '[') value = std::min(line.find_first_not_of(' ', value + 1), line.size());
    if (value < line.size() && line[value] != '{') return value;
  }
  return std::string_view::npos;
}

}  // namespace

bool names_a_secret(std::string_view key) {
  constexpr std::array words{"password",   "passwd",      "passphrase", "pwd",       "secret",
                             "token",      "apikey",      "api_key",    "accesskey", "access_key",
                             "privatekey", "private_key", "credential", "dsn",       "bearer"};
  const std::string small = lower(key.substr(0, 128));
  return small == "auth" || std::any_of(words.begin(), words.end(), [&small](const char* word) {
           return small.find(word) != std::string::npos;
         });
}

std::size_t secret_offset(const Source& source, int number) {
  const std::string_view line = source.line(number);
  if (continues_a_secret(source, number)) return 0;
  std::size_t cut = user_in_url(line);
  for (SecretKey key = find_secret_key(line, 0); key.found();
       key = find_secret_key(line, key.value)) {
    if (!is_harmless_value(line.substr(key.value))) {
      cut = std::min(cut, key.value);
      break;
    }
  }
  const std::string clean = redact(line);
  if (clean != line) {
    const auto [here, there] = std::mismatch(line.begin(), line.end(), clean.begin(), clean.end());
    cut = std::min(cut, static_cast<std::size_t>(here - line.begin()));
  }
  return cut;
}

std::size_t distrusted_offset(const Source& source, int number, int column) {
  if (is_in_harmless_section(source, number)) return std::string_view::npos;
  const std::string_view line = source.line(number);
  std::size_t cut = std::min(static_cast<std::size_t>(column - 1), line.size());
  // What stands before a ':' that is complained about may be anything. Other signs are no secrets
  // themselves.
  if (cut < line.size() && line[cut] == ':') {
    while (cut > 0 && is_key_character(line[cut - 1])) --cut;
  } else if (cut < line.size() &&
             std::string_view("[]{},\"'&*!|>@\t").find(line[cut]) != std::string_view::npos) {
    ++cut;
  }
  cut = std::min(cut, doubtful_value(line));
  const std::size_t sign = line.find('@');
  if (sign < cut) cut = std::min(line.find_last_of(" \t", sign) + 1, cut);
  return cut < line.size() ? cut : std::string_view::npos;
}

}  // namespace ostler
