// Checks image names against the grammar of the OCI distribution specification, without regular
// expressions.
#include "image_name.hpp"

#include "ostler/base/text.hpp"

namespace ostler {
namespace {

constexpr std::size_t longest_repository = 255;
constexpr std::size_t longest_tag = 128;
constexpr std::string_view lower_digits = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view hex_digits = "0123456789abcdef";

bool is_one_of(char c, std::string_view set) {
  return set.find(c) != std::string_view::npos;
}

/// [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*
bool is_path_component(std::string_view text) {
  if (text.empty() || !is_one_of(text.front(), lower_digits) ||
      !is_one_of(text.back(), lower_digits))
    return false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of(lower_digits, at), text.size());
    const std::string_view separator = text.substr(at, end - at);
    const bool dashes = separator.find_first_not_of('-') == std::string_view::npos;
    if (!separator.empty() && separator != "." && separator != "_" && separator != "__" && !dashes)
      return false;
    at = std::min(text.find_first_not_of(lower_digits, end), text.size());
  }
  return true;
}

/// [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}
bool is_tag(std::string_view text) {
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  return !text.empty() && text.size() <= longest_tag && text.front() != '.' &&
         text.front() != '-' && text.find_first_not_of(allowed) == std::string_view::npos;
}

bool is_digest(std::string_view text) {
  return starts_with(text, "sha256:") && text.size() == 7 + 64 &&
         text.find_first_not_of(hex_digits, 7) == std::string_view::npos;
}

}  // namespace

ImageNameAnswer split_image_name(std::string_view text) {
  ImageNameAnswer answer;
  std::string_view rest = text;
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    answer.parts.digest = rest.substr(at + 1);
    rest = rest.substr(0, at);
    if (!is_digest(answer.parts.digest))
      answer.trouble = "the digest behind '@' is not sha256: and 64 hex digits";
  }
  const std::size_t slash = rest.find('/');
  const std::size_t colon = rest.rfind(':');
  if (colon != std::string_view::npos &&
      (slash == std::string_view::npos || colon > rest.rfind('/'))) {
    answer.parts.tag = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    if (!is_tag(answer.parts.tag))
      answer.trouble = "the tag behind ':' is not up to 128 letters, digits, '_', '.' and '-'";
  }
  if (slash == std::string_view::npos || slash == 0) {
    answer.trouble = "there is no registry before the repository";
    return answer;
  }
  answer.parts.registry = rest.substr(0, slash);
  answer.parts.repository = rest.substr(slash + 1);
  for (const std::string& component : split(answer.parts.repository, '/')) {
    if (!is_path_component(component)) {
      answer.trouble =
          "the repository may have lower-case letters and digits, separated by '/', '.', '_', '__' "
          "or '-'";
    }
  }
  if (answer.parts.repository.size() > longest_repository)
    answer.trouble = "the repository is longer than 255 characters";
  return answer;
}

}  // namespace ostler
