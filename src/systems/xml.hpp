#pragma once

#include "ostler/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ostler {

/// An XML element with its text and children, namespaces and attributes left out.
struct XmlElement {
  std::string name;
  std::string text;
  std::vector<XmlElement> children;

  /// The first child of that name, or null.
  const XmlElement* child(std::string_view child_name) const;
  /// The text of the first child of that name, or an empty text.
  std::string text_of(std::string_view child_name) const;
};

/// Reads the XML that stores of the S3 kind answer with: elements, text, the five named entities
/// and numbered ones, comments, CDATA. Refuses document types, depth beyond 32 and more than
/// 100,000 elements. `what` names the source.
Result<XmlElement> parse_xml(std::string_view text, std::string_view what);

}  // namespace ostler
