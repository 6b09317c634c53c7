#pragma once

#include "source.hpp"

#include <optional>
#include <string>

namespace ostler {

/// What yaml-cpp does not tell: how things look in the text at the places it names.

struct ScalarExtent {
  int width = 1;       ///< on the first line
  bool closed = true;  ///< false: a quote without its end, which yaml-cpp lets pass
};
ScalarExtent scalar_extent(const Source& source, Position at, std::string_view value);

/// Columns up to the next blank, comma or bracket; at least 1.
int word_width(const Source& source, Position at);
/// Columns of "~" or "null" when that stands here, else 0.
int null_width(const Source& source, Position at);
/// Where '!' or '&' stands among the properties of the node at `at`; line 0 when there is none.
Position tag_position(const Source& source, Position at);
Position anchor_position(const Source& source, Position at);
/// The line of a directive ("%YAML 1.1") before the document, or 0.
int directive_line(const Source& source);

/// Why and where yaml-cpp gave up, and what was known then.
struct YamlTrouble {
  std::string text;  ///< yaml-cpp's own sentence
  Position place;
  Position last;                ///< where the last thing that was understood begins
  std::optional<Span> bracket;  ///< the innermost open '[' or '{'
  int depth_limit = 64;
};
void explain_yaml_trouble(const YamlTrouble& trouble, Report& report);

}  // namespace ostler
