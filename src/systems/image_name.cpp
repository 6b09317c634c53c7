// Image names as they stand in release files: registry of the environment, repository, tag or
// digest.
#include "systems/image_name.hpp"

#include "ostler/base/text.hpp"
#include "ostler/systems/registry.hpp"

namespace ostler {

namespace {

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// Lower-case letters and digits, joined by one dot, one or two underscores, or any number of
/// dashes.
bool is_path_part(std::string_view text) {
  if (text.empty() || !is_lower_or_digit(text.front()) || !is_lower_or_digit(text.back()))
    return false;
  std::size_t at = 0;
  while (at < text.size()) {
    if (is_lower_or_digit(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && text[end] == text[at]) ++end;
    const std::size_t length = end - at;
    const bool fits =
        text[at] == '-' || (text[at] == '.' && length == 1) || (text[at] == '_' && length <= 2);
    if (!fits || end == text.size() || !is_lower_or_digit(text[end])) return false;
    at = end;
  }
  return true;
}

}  // namespace

bool is_repository_name(std::string_view text) {
  if (text.empty() || text.size() > 255) return false;
  const std::vector<std::string> parts = split(text, '/');
  return std::all_of(parts.begin(), parts.end(), is_path_part);
}

bool is_tag(std::string_view text) {
  if (text.empty() || text.size() > 128 || text[0] == '.' || text[0] == '-') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '-';
  });
}

bool is_digest(std::string_view text) {
  if (!starts_with(text, "sha256:") || text.size() != 7 + 64) return false;
  return text.substr(7).find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string ImageName::text() const {
  std::string text = registry + "/" + repository;
  if (!tag.empty()) text += ":" + tag;
  if (!digest.empty()) text += "@" + digest;
  return text;
}

Result<ImageName> parse_image_name(std::string_view text) {
  const auto bad = [text](std::string_view why) {
    return Failure{FailureKind::refused,
                   fmt::format("image name '{}' {}", sanitize(text, Lines::escape, 300), why),
                   "Write it as REGISTRY/REPOSITORY@sha256:DIGEST or REGISTRY/REPOSITORY:TAG, "
                   "where REGISTRY is "
                   "a name below `registries` of the environment.",
                   ""};
  };
  ImageName name;
  std::string_view rest = text;
  if (const auto at = rest.find('@'); at != std::string_view::npos) {
    name.digest = rest.substr(at + 1);
    rest = rest.substr(0, at);
    if (!is_digest(name.digest)) return bad("has a digest that is not sha256: and 64 hex digits");
  }
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos || slash == 0)
    return bad("does not begin with the name of a registry");
  name.registry = rest.substr(0, slash);
  rest.remove_prefix(slash + 1);
  if (const auto colon = rest.find(':'); colon != std::string_view::npos) {
    name.tag = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    if (!is_tag(name.tag)) return bad("has a tag that is none");
  }
  name.repository = rest;
  if (!is_repository_name(name.repository)) return bad("has a repository that is none");
  return name;
}

}  // namespace ostler
