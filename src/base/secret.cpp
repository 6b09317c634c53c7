// Secrets that wipe themselves, and the redactor that knows them all.
#include "ostler/base/secret.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/json.hpp"
#include "ostler/base/text.hpp"

#include <string.h>

#include <algorithm>
#include <mutex>
#include <vector>

namespace ostler {
namespace {

constexpr std::size_t shortest_known = 4;
constexpr std::string_view mask = "[secret]";

/// All forms of all known values, longest first. One per process on purpose: redaction is the last
/// stage of every sink, and a secret that one part of the program learned must be masked in every
/// other.
struct Known {
  std::mutex mutex;
  std::vector<std::string> forms;
};

Known& known() {
  static Known one;
  return one;
}

std::string json_escaped(std::string_view value) {
  std::string quoted = to_bytes(Json(std::string(value)));
  return quoted.substr(1, quoted.size() - 2);
}

/// Base64 of `value` wherever it stands in a longer text: the digits that do not depend on its
/// neighbours, for each of the three alignments.
std::vector<std::string> base64_forms(std::string_view value) {
  std::vector<std::string> forms;
  for (std::size_t shift = 0; shift < 3; ++shift) {
    const std::string text = to_base64(std::string(shift, 'x') + std::string(value));
    const std::size_t first = (shift * 8 + 5) / 6;
    const std::size_t last = (shift + value.size()) * 8 / 6;
    if (last > first + shortest_known) forms.push_back(text.substr(first, last - first));
  }
  return forms;
}

/// Masks what stands between "://user:" and "@" in URLs, and behind password= in libpq strings.
std::string without_passwords(std::string text) {
  for (std::size_t at = text.find("://"); at != std::string::npos; at = text.find("://", at + 3)) {
    const std::size_t end = text.find_first_of(" \t\n\"'<>/", at + 3);
    const std::size_t host_end = end == std::string::npos ? text.size() : end;
    const std::size_t sign = text.rfind('@', host_end);
    if (sign == std::string::npos || sign < at + 3 || sign >= host_end) continue;
    const std::size_t colon = text.find(':', at + 3);
    if (colon == std::string::npos || colon > sign) continue;
    text.replace(colon + 1, sign - colon - 1, mask);
  }
  for (std::size_t at = text.find("password="); at != std::string::npos;
       at = text.find("password=", at + 9)) {
    const std::size_t begin = at + 9;
    std::size_t end = begin;
    if (begin < text.size() && text[begin] == '\'') {
      end = text.find('\'', begin + 1);
      end = end == std::string::npos ? text.size() : end + 1;
    } else {
      end = std::min(text.find_first_of(" \t\n&\"", begin), text.size());
    }
    text.replace(begin, end - begin, mask);
  }
  return text;
}

}  // namespace

void wipe(std::string& value) {
  if (!value.empty()) explicit_bzero(value.data(), value.size());
  value.clear();
}

Secret::Secret(std::string&& value) : value_(value) {
  wipe(value);
  register_secret(value_);
}

Secret::~Secret() {
  wipe(value_);
}

// A move of a short string would leave its bytes behind; so it is copied and the source wiped.
// NOLINTNEXTLINE(performance-move-constructor-init)
Secret::Secret(Secret&& other) noexcept : value_(other.value_) {
  wipe(other.value_);
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe(value_);
    value_ = other.value_;
    wipe(other.value_);
  }
  return *this;
}

Secret Secret::duplicate() const {
  Secret copy;
  copy.value_ = value_;
  return copy;
}

void register_secret(std::string_view value) {
  if (value.size() < shortest_known) return;
  std::vector<std::string> forms{std::string(value), to_hex(value), url_encoded(value),
                                 json_escaped(value)};
  for (std::string& form : base64_forms(value)) forms.push_back(std::move(form));
  const std::lock_guard lock(known().mutex);
  std::vector<std::string>& all = known().forms;
  for (std::string& form : forms)
    if (std::find(all.begin(), all.end(), form) == all.end()) all.push_back(std::move(form));
  std::sort(all.begin(), all.end(),
            [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
}

std::string redact(std::string_view text) {
  std::string clean(text);
  {
    const std::lock_guard lock(known().mutex);
    for (const std::string& form : known().forms)
      if (clean.find(form) != std::string::npos) clean = replace_all(std::move(clean), form, mask);
  }
  return without_passwords(std::move(clean));
}

}  // namespace ostler
