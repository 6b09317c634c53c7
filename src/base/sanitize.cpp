// The one place where foreign text is made harmless, and the search for what a user may have meant.
#include "ostler/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ostler {
namespace {

struct CodePoint {
  std::uint32_t value;
  std::size_t length;  ///< bytes taken; 0 when the bytes are not UTF-8
};

CodePoint decode(std::string_view bytes) {
  const auto byte = [&bytes](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xF0 && first < 0xF5 ? 4
                             : first >= 0xE0               ? 3
                             : first >= 0xC2               ? 2
                                                           : 0;
  if (length == 0 || first >= 0xF5 || bytes.size() < length) return {0, 0};
  std::uint32_t value = first & (0x7Fu >> length);
  for (std::size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xC0) != 0x80) return {0, 0};
    value = (value << 6) | (byte(at) & 0x3Fu);
  }
  constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < smallest[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
    return {0, 0};
  return {value, length};
}

/// Characters that move the cursor, change direction or hide: C0, DEL, C1, zero-width and
/// bidirectional controls.
bool is_harmful(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
         c == 0x00AD || c == 0x061C || (c >= 0xE0000 && c <= 0xE007F);
}

}  // namespace

std::string sanitize(std::string_view foreign, Lines lines, std::size_t limit) {
  std::string clean;
  while (!foreign.empty()) {
    const CodePoint point = decode(foreign);
    std::string piece;
    if (point.length == 0)
      piece = "\uFFFD";
    else if (point.value == '\n' && lines == Lines::keep)
      piece = "\n";
    else if (point.value == '\n')
      piece = "\\n";
    else if (point.value == '\t')
      piece = " ";
    else if (is_harmful(point.value))
      piece = point.value < 0x100 ? fmt::format("\\x{:02x}", point.value)
                                  : fmt::format("\\u{{{:x}}}", point.value);
    else
      piece = foreign.substr(0, point.length);
    if (clean.size() + piece.size() > limit) return clean + "…";
    clean += piece;
    foreign.remove_prefix(std::max<std::size_t>(point.length, 1));
  }
  return clean;
}

namespace {

/// Damerau-Levenshtein distance (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates) {
  // Longer words are never compared: the table grows with the product of both lengths.
  if (word.size() > 64) return std::nullopt;
  std::optional<std::string> best;
  std::size_t best_distance = 3;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > 64) continue;
    const std::size_t here = distance(word, candidate);
    if (here < best_distance && here * 2 < std::max(word.size(), candidate.size())) {
      best = candidate;
      best_distance = here;
    }
  }
  return best;
}

}  // namespace ostler
