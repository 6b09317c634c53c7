#pragma once

#include "source.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ostler {

/// A piece of a YAML document with its place.
struct YamlNode {
  enum class Kind { null, scalar, sequence, map };
  enum class Style { plain, quoted, block };
  Kind kind = Kind::null;
  Style style = Style::plain;
  Span span;  ///< of a scalar as written; of a collection its first key, first item or bracket
  std::string text;             ///< of a scalar
  std::vector<YamlNode> keys;   ///< of a map, same order as its items; scalars with unique texts
  std::vector<YamlNode> items;  ///< values of a map, items of a sequence

  bool is_map() const { return kind == Kind::map; }
  bool is_sequence() const { return kind == Kind::sequence; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_plain() const { return is_scalar() && style == Style::plain; }
  Position begin() const { return {span.line, span.column}; }
};

struct YamlLimits {
  int depth = 64;
  int nodes = 100000;
};

/// Parses one document strictly: no aliases, anchors, tags, merge keys, directives, second
/// documents, duplicate or missing keys. Everything wrong goes to `report`; nothing is returned
/// when the text is no YAML or beyond `limits`.
std::optional<YamlNode> parse_yaml(Report& report, const YamlLimits& limits = {});

/// No diagnostic will show any text of `node`.
void hide_value(const YamlNode& node, Report& report);

}  // namespace ostler
