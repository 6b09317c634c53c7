// How many columns text takes on a terminal, and how it is cut, padded and wrapped to them.
#include "ostler/base/text.hpp"
#include "ostler/view/style.hpp"

#include <array>

namespace ostler {
namespace {

struct Range {
  char32_t first, last;
};

// East Asian wide and fullwidth characters and emoji blocks (Unicode 15, EastAsianWidth W and F),
// in coarse ranges.
constexpr std::array<Range, 14> wide{{{0x1100, 0x115f},
                                      {0x231a, 0x231b},
                                      {0x2e80, 0x303e},
                                      {0x3041, 0x33ff},
                                      {0x3400, 0x4dbf},
                                      {0x4e00, 0x9fff},
                                      {0xa000, 0xa4cf},
                                      {0xac00, 0xd7a3},
                                      {0xf900, 0xfaff},
                                      {0xfe30, 0xfe4f},
                                      {0xff00, 0xff60},
                                      {0xffe0, 0xffe6},
                                      {0x1f300, 0x1faff},
                                      {0x20000, 0x3fffd}}};
constexpr std::array<Range, 5> zero{
    {{0x0300, 0x036f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}}};

template <std::size_t count>
bool inside(const std::array<Range, count>& ranges, char32_t character) {
  return std::any_of(ranges.begin(), ranges.end(), [character](const Range& range) {
    return character >= range.first && character <= range.last;
  });
}

struct Piece {
  std::size_t bytes;
  int columns;
};

// The character or colour sequence at `at`. Invalid UTF-8 counts as one column a byte.
Piece piece_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  if (text[at] == '\x1b' && at + 1 < text.size() && text[at + 1] == '[') {
    std::size_t end = at + 2;
    while (end < text.size() && (byte(end) < 0x40 || byte(end) > 0x7e)) ++end;
    return {std::min(end + 1, text.size()) - at, 0};
  }
  const unsigned char lead = byte(at);
  const std::size_t length = lead < 0x80    ? 1
                             : lead >= 0xf0 ? 4
                             : lead >= 0xe0 ? 3
                             : lead >= 0xc0 ? 2
                                            : 1;
  if (length == 1 || at + length > text.size()) return {1, 1};
  char32_t character = lead & (0xffu >> (length + 1));
  for (std::size_t index = 1; index < length; ++index)
    character = character << 6 | (byte(at + index) & 0x3fu);
  if (inside(zero, character)) return {length, 0};
  return {length, inside(wide, character) ? 2 : 1};
}

}  // namespace

int display_width(std::string_view text) {
  int columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Piece piece = piece_at(text, at);
    columns += piece.columns;
    at += piece.bytes;
  }
  return columns;
}

std::string clip(std::string_view text, int columns, Charset charset) {
  if (columns <= 0 || display_width(text) <= columns) return std::string(text);
  const std::string_view mark = charset == Charset::utf8 ? "…" : "~";
  std::string kept;
  bool coloured = false;
  int used = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Piece piece = piece_at(text, at);
    if (used + piece.columns > columns - 1) break;
    coloured = coloured || text[at] == '\x1b';
    kept += text.substr(at, piece.bytes);
    used += piece.columns;
    at += piece.bytes;
  }
  kept += mark;
  if (coloured) kept += "\x1b[0m";
  return kept;
}

std::string pad_right(std::string text, int columns) {
  const int missing = columns - display_width(text);
  if (missing > 0) text.append(static_cast<std::size_t>(missing), ' ');
  return text;
}

std::string pad_left(std::string text, int columns) {
  const int missing = columns - display_width(text);
  if (missing > 0) text.insert(0, static_cast<std::size_t>(missing), ' ');
  return text;
}

std::string wrap(std::string_view text, int columns, std::string_view indent) {
  if (columns <= 0) return std::string(text);
  const std::size_t start = std::min(text.find_first_not_of(' '), text.size());
  std::string wrapped(start, ' ');
  int used = static_cast<int>(start);
  bool first = true;
  for (const std::string& word : split(text.substr(start), ' ')) {
    const int width = display_width(word);
    if (!first && used + 1 + width > columns) {
      wrapped += '\n';
      wrapped += indent;
      used = display_width(indent);
    } else if (!first) {
      wrapped += ' ';
      ++used;
    }
    first = false;
    wrapped += word;
    used += width;
  }
  return wrapped;
}

}  // namespace ostler
