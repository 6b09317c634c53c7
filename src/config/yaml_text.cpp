// Reads from the text itself what yaml-cpp's events leave out: extents, quotes, tags, directives.
#include "yaml_text.hpp"

#include "ostler/base/text.hpp"

namespace ostler {
namespace {

/// The offset just behind the closing quote of the quoted text at the front, or npos.
std::size_t quote_end(std::string_view text) {
  const char quote = text[0];
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      if (quote == '"' || at + 1 >= text.size() || text[at + 1] != '\'') return at + 1;
      ++at;
    }
  }
  return std::string_view::npos;
}

/// Where the property that begins with `sign` stands, when the node at `at` has properties.
Position property_position(const Source& source, Position at, char sign) {
  const std::string_view line = source.line(at.first);
  auto offset = static_cast<std::size_t>(at.second - 1);
  while (offset < line.size() && (line[offset] == '!' || line[offset] == '&')) {
    if (line[offset] == sign) return {at.first, static_cast<int>(offset) + 1};
    offset = std::min(line.find(' ', offset), line.size());
    while (offset < line.size() && line[offset] == ' ') ++offset;
  }
  return {0, 0};
}

}  // namespace

ScalarExtent scalar_extent(const Source& source, Position at, std::string_view value) {
  const std::string_view rest = source.from(at);
  if (rest.empty()) return {};
  const std::string_view line =
      source.line(at.first).substr(static_cast<std::size_t>(at.second - 1));
  std::size_t width = 0;
  if (rest[0] == '"' || rest[0] == '\'') {
    const std::size_t end = quote_end(rest);
    if (end == std::string_view::npos) return {1, false};
    width = std::min(end, line.size());
  } else if (rest[0] == '|' || rest[0] == '>') {
    width = std::min(line.find_first_of(" \t"), line.size());
  } else {
    const auto differing = std::mismatch(line.begin(), line.end(), value.begin(), value.end());
    width = static_cast<std::size_t>(differing.first - line.begin());
    while (width > 1 && (line[width - 1] == ' ' || line[width - 1] == '\t')) --width;
  }
  return {std::max(1, static_cast<int>(width)), true};
}

int word_width(const Source& source, Position at) {
  const std::string_view rest = source.from(at);
  return std::max(1, static_cast<int>(std::min(rest.find_first_of(" \t\n,[]{}"), rest.size())));
}

int null_width(const Source& source, Position at) {
  const int width = word_width(source, at);
  const std::string_view word = source.from(at).substr(0, static_cast<std::size_t>(width));
  return word == "~" || word == "null" || word == "Null" || word == "NULL" ? width : 0;
}

Position tag_position(const Source& source, Position at) {
  return property_position(source, at, '!');
}

Position anchor_position(const Source& source, Position at) {
  const Position found = property_position(source, at, '&');
  return found.first > 0 ? found : at;
}

int directive_line(const Source& source) {
  for (int number = 1; number <= source.line_count(); ++number) {
    const std::string_view line = source.line(number);
    if (!line.empty() && line[0] == '%') return number;
    if (!trim(line).empty() && trim(line)[0] != '#') return 0;
  }
  return 0;
}

}  // namespace ostler
