// Looks at a configuration file byte by byte before the parser sees it: yaml-cpp takes the byte
// 0x04 for the end of the file and passes invisible characters on.
#include "characters.hpp"

#include "ostler/base/text.hpp"

#include <cstdint>

namespace ostler {
namespace {

// A binary file would drown its own message otherwise.
constexpr int most_complaints = 10;

struct Character {
  std::uint32_t value = 0;
  int length = 0;  ///< 0: not UTF-8
};

Character decode(std::string_view bytes) {
  const auto at = [&bytes](std::size_t index) { return static_cast<unsigned char>(bytes[index]); };
  const unsigned first = at(0);
  if (first < 0x80) return {first, 1};
  const int length = first >= 0xC2 && first < 0xE0   ? 2
                     : first >= 0xE0 && first < 0xF0 ? 3
                     : first >= 0xF0 && first < 0xF5 ? 4
                                                     : 0;
  if (length == 0 || bytes.size() < static_cast<std::size_t>(length)) return {};
  std::uint32_t value = first & (0xFFu >> (length + 1));
  for (int index = 1; index < length; ++index) {
    if ((at(static_cast<std::size_t>(index)) & 0xC0u) != 0x80u) return {};
    value = value << 6 | (at(static_cast<std::size_t>(index)) & 0x3Fu);
  }
  const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  if (overlong || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
  return {value, length};
}

bool is_control(std::uint32_t c) {
  return (c < 0x20 && c != '\t') || (c >= 0x7F && c < 0xA0);
}

/// Zero-width characters, other line breaks, and those that change the direction of writing.
bool is_invisible(std::uint32_t c) {
  return (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || c == 0x00AD || c == 0x061C ||
         (c >= 0xE0000 && c <= 0xE007F);
}

/// Gives the number of complaints: at most one of each sort.
int check_line(int number, std::string_view line, Report& report) {
  bool invalid = false, control = false, invisible = false;
  for (std::size_t at = 0; at < line.size();) {
    const Character one = decode(line.substr(at));
    const Span span{number, static_cast<int>(at) + 1, std::max(1, one.length)};
    if (one.length == 0 && !invalid) {
      invalid = true;
      report.error(
          span,
          fmt::format("the byte 0x{:02x} is not valid UTF-8", static_cast<unsigned char>(line[at])),
          {"Save the file in the encoding UTF-8."});
    } else if (one.length > 0 && is_control(one.value) && !control) {
      control = true;
      report.error(span, fmt::format("the control character 0x{:02x} is not allowed", one.value),
                   {"Remove the character."});
    } else if (one.length > 0 && is_invisible(one.value) && !invisible) {
      invisible = true;
      report.error(span, fmt::format("the invisible character U+{:04X} is not allowed", one.value),
                   {"Remove the character; it makes the text look different from what it says."});
    }
    at += static_cast<std::size_t>(std::max(1, one.length));
  }
  return static_cast<int>(invalid) + static_cast<int>(control) + static_cast<int>(invisible);
}

/// Whether the line ends in the header of a block text: "key: |", "- >-2".
bool begins_block_text(std::string_view line) {
  std::string text = trim(line);
  if (const std::size_t comment = text.find(" #"); comment != std::string::npos)
    text = trim(text.substr(0, comment));
  std::size_t at = text.size();
  while (at > 0 && (text[at - 1] == '-' || text[at - 1] == '+' ||
                    (text[at - 1] >= '0' && text[at - 1] <= '9')))
    --at;
  if (at == 0 || (text[at - 1] != '|' && text[at - 1] != '>')) return false;
  return at == 1 || (at > 2 && text[at - 2] == ' ' && (text[at - 3] == ':' || text[at - 3] == '-'));
}

int check_tabs(const Source& source, Report& report) {
  int complaints = 0;
  bool in_block_text = false;
  std::size_t block_indent = 0;
  for (int number = 1; number <= source.line_count() && complaints < most_complaints; ++number) {
    const std::string_view line = source.line(number);
    const std::size_t blanks = line.find_first_not_of(' ');
    const std::size_t content = line.find_first_not_of(" \t");
    if (content == std::string_view::npos) continue;
    if (in_block_text && blanks > block_indent) continue;
    in_block_text = false;
    if (line[blanks] == '\t' && line[content] != '#') {
      ++complaints;
      report.error({number, static_cast<int>(blanks) + 1, static_cast<int>(content - blanks)},
                   "a tab stands in the indentation",
                   {"Indent with spaces; YAML knows no tabs there."});
    }
    in_block_text = begins_block_text(line);
    block_indent = blanks;
  }
  return complaints;
}

}  // namespace

PreparedText prepare_text(std::string bytes) {
  PreparedText prepared;
  prepared.byte_order_mark = starts_with(bytes, "\xEF\xBB\xBF");
  const std::string_view rest = std::string_view(bytes).substr(prepared.byte_order_mark ? 3 : 0);
  prepared.text.reserve(rest.size());
  int line = 1;
  for (std::size_t at = 0; at < rest.size(); ++at) {
    if (rest[at] == '\n') ++line;
    if (rest[at] == '\r' && at + 1 < rest.size() && rest[at + 1] == '\n') {
      if (prepared.carriage_return_line == 0) prepared.carriage_return_line = line;
      continue;
    }
    prepared.text += rest[at];
  }
  return prepared;
}

bool check_characters(const PreparedText& prepared, Report& report) {
  const Source& source = report.source();
  if (prepared.byte_order_mark) {
    report.error({1, 1, 1}, "the file begins with a byte order mark",
                 {"Save it as UTF-8 without a byte order mark (BOM)."});
  }
  if (const int line = prepared.carriage_return_line; line > 0) {
    report.error({line, static_cast<int>(source.line(line).size()) + 1, 1},
                 "the lines end in CR LF, as on Windows",
                 {"Save the file with LF line ends (in Git: '*.yaml text eol=lf' in "
                  ".gitattributes): digests are taken "
                  "of its bytes, so they must be the same on every machine."});
  }
  int complaints = 0;
  for (int number = 1; number <= source.line_count() && complaints < most_complaints; ++number) {
    complaints += check_line(number, source.line(number), report);
  }
  return complaints == 0 && check_tabs(source, report) == 0;
}

std::string text_trouble(std::string_view text) {
  if (starts_with(text, "\xEF\xBB\xBF")) return "begins with a byte order mark";
  int line = 1;
  for (std::size_t at = 0; at < text.size();) {
    const Character one = decode(text.substr(at));
    if (one.length == 0) return fmt::format("has bytes in line {} that are not valid UTF-8", line);
    const bool blank = one.value == '\n' || one.value == '\r' || one.value == '\f';
    if (is_control(one.value) && !blank)
      return fmt::format("has the control character 0x{:02x} in line {}", one.value, line);
    if (is_invisible(one.value))
      return fmt::format("has the invisible character U+{:04X} in line {}", one.value, line);
    if (one.value == '\n') ++line;
    at += static_cast<std::size_t>(one.length);
  }
  return "";
}

}  // namespace ostler
