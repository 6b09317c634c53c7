// Says what is wrong with a text that is no YAML in words that help, at the place that helps.
#include "yaml_text.hpp"

#include "ostler/base/text.hpp"

#include <yaml-cpp/exceptions.h>

#include <array>

namespace ostler {
namespace {

struct Explanation {
  const char* theirs;
  const char* message;
  const char* hint;
};

using namespace YAML::ErrorMsg;

const std::array explanations{
    Explanation{UNKNOWN_TOKEN, "a text cannot begin with this character",
                "Put the text in quotes."},
    Explanation{TAB_IN_INDENTATION, "a tab stands in the indentation",
                "Indent with spaces; YAML knows no tabs there."},
    Explanation{MAP_VALUE, "a ':' cannot stand here",
                "Check the indentation of this line and the one above; a text that contains ': ' "
                "must stand in quotes."},
    Explanation{MAP_KEY, "a key cannot stand here",
                "Check the indentation, and write one 'key: value' a line."},
    Explanation{BLOCK_ENTRY, "a list item cannot begin here",
                "Begin the list in the line below its key, or write it as [ a, b ]; a text that "
                "begins with '- ' must "
                "stand in quotes."},
    Explanation{FLOW_END, "this bracket closes nothing",
                "Remove it, or open the list or map before it."},
    Explanation{END_OF_MAP, "this does not fit what stands before it",
                "Check the indentation; a quoted text must be the whole value."},
    Explanation{
        END_OF_SEQ, "this does not fit the list above",
        "Begin each item with '- ' at the same column; a quoted text must be the whole item."},
    Explanation{ALIAS_NOT_FOUND, "aliases are not allowed",
                "A text that begins with '*' must stand in quotes."},
    Explanation{CHAR_IN_ALIAS, "aliases are not allowed",
                "A text that begins with '*' must stand in quotes."},
    Explanation{UNKNOWN_ANCHOR, "aliases are not allowed",
                "Write the value out here; a text that begins with '*' must stand in quotes."},
    Explanation{ALIAS_CONTENT, "aliases are not allowed",
                "A text that begins with '*' must stand in quotes."},
    Explanation{MULTIPLE_ALIASES, "aliases are not allowed",
                "A text that begins with '*' must stand in quotes."},
    Explanation{ANCHOR_NOT_FOUND, "anchors are not allowed",
                "A text that begins with '&' must stand in quotes."},
    Explanation{CHAR_IN_ANCHOR, "anchors are not allowed",
                "A text that begins with '&' must stand in quotes."},
    Explanation{MULTIPLE_ANCHORS, "anchors are not allowed", "Remove them."},
    Explanation{MULTIPLE_TAGS, "tags are not allowed", "Remove them."},
    Explanation{CHAR_IN_TAG_HANDLE, "tags are not allowed",
                "A text that begins with '!' must stand in quotes."},
    Explanation{TAG_WITH_NO_SUFFIX, "tags are not allowed",
                "A text that begins with '!' must stand in quotes."},
    Explanation{END_OF_VERBATIM_TAG, "tags are not allowed",
                "A text that begins with '!' must stand in quotes."},
    Explanation{CHAR_IN_BLOCK, "only '-', '+' or a digit may follow '|' or '>'",
                "Begin the text in the next line, or put it in quotes."},
    Explanation{ZERO_INDENT_IN_BLOCK, "the indentation of a block text cannot be 0",
                "Leave the digit out."},
    Explanation{
        INVALID_HEX, "this escape needs hex digits",
        "Write \\xHH or \\uHHHH, or use single quotes, where a backslash is just a backslash."},
};

/// The quote that is never closed: the first one behind `last` that has no partner.
std::optional<Position> open_quote(const Source& source, Position last) {
  for (int number = std::max(1, last.first); number <= source.line_count();) {
    const std::string_view line = source.line(number);
    std::size_t at =
        number == last.first ? static_cast<std::size_t>(std::max(0, last.second - 1)) : 0;
    for (; at < line.size(); ++at) {
      const bool begins_token =
          at == 0 || std::string_view(" \t[{,:").find(line[at - 1]) != std::string_view::npos;
      if (line[at] == '#' && begins_token) break;
      if ((line[at] != '"' && line[at] != '\'') || !begins_token) continue;
      const ScalarExtent extent = scalar_extent(source, {number, static_cast<int>(at) + 1}, "");
      if (!extent.closed) return Position{number, static_cast<int>(at) + 1};
      at += static_cast<std::size_t>(extent.width) - 1;
    }
    ++number;
  }
  return std::nullopt;
}

/// Whether the last thing understood is a quoted text that ends in another line, most likely
/// because its own quote is missing.
bool runs_over_lines(const Source& source, Position last, Position place) {
  const std::string_view rest = source.from(last);
  return place.first > last.first && !rest.empty() && (rest[0] == '"' || rest[0] == '\'') &&
         scalar_extent(source, last, "").width >=
             static_cast<int>(source.line(last.first).size()) - last.second + 1 &&
         source.line(last.first).back() != rest[0];
}

}  // namespace

void explain_yaml_trouble(const YamlTrouble& trouble, Report& report) {
  const Source& source = report.source();
  const bool known_place = trouble.place.first > 0 && trouble.place.second > 0;
  const Position place = known_place ? trouble.place : std::max(trouble.last, Position{1, 1});
  Span span{place.first, place.second, word_width(source, place)};
  if (trouble.text == EOF_IN_SCALAR || trouble.text == DOC_IN_SCALAR) {
    const Position quote = open_quote(source, trouble.last).value_or(place);
    report.error({quote.first, quote.second, 1}, "the quote that begins here is never closed",
                 {"Put the same quote at the end of the text."});
  } else if (trouble.text == END_OF_SEQ_FLOW || trouble.text == END_OF_MAP_FLOW) {
    const Span bracket = trouble.bracket.value_or(span);
    const bool list = trouble.text == END_OF_SEQ_FLOW;
    const bool at_end = place <= trouble.last;
    std::string hint = list ? "Close it with ']', and separate its items with ','."
                            : "Close it with '}', and separate its entries with ','.";
    if (!at_end)
      hint += fmt::format(" The reader gave up in line {}, column {}.", place.first, place.second);
    report.error(
        bracket,
        list ? "the list that begins here is not closed" : "the map that begins here is not closed",
        {std::move(hint)});
  } else if (runs_over_lines(source, trouble.last, place)) {
    report.error({trouble.last.first, trouble.last.second, 1},
                 fmt::format("the quoted text that begins here ends just before line {}, column "
                             "{}, where more follows",
                             place.first, place.second),
                 {"Close the quote where the text ends."});
  } else if (starts_with(trouble.text, BAD_FILE)) {
    report.error(span, fmt::format("the nesting is deeper than {} levels", trouble.depth_limit),
                 {"Neither file needs more than ten; check the brackets and the indentation."});
  } else if (starts_with(trouble.text, INVALID_ESCAPE)) {
    report.error(span, "a backslash and this character mean nothing in double quotes",
                 {"Use single quotes, where a backslash is just a backslash."});
  } else {
    for (const Explanation& one : explanations) {
      if (trouble.text == one.theirs) return report.error(span, one.message, {one.hint});
    }
    report.error(span, "the file is no valid YAML here: " + sanitize(trouble.text));
  }
}

}  // namespace ostler
