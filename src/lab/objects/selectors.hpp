#pragma once

#include "ostler/base/json.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ostler::lab {

/// A label selector, read once and asked of many objects.
class LabelSelector {
 public:
  /// Nothing when the text is no selector.
  static std::optional<LabelSelector> parse(const std::string& text);
  bool fits(const Json& labels) const;

 private:
  enum class Wants { any, none, in, not_in };
  struct Term {
    std::string name;
    Wants wants;
    std::vector<std::string> values;
  };
  std::vector<Term> terms_;
};

/// A field selector: `a.b=c`, `a.b==c` and `a.b!=c`, joined by commas.
class FieldSelector {
 public:
  static std::optional<FieldSelector> parse(const std::string& text);
  bool fits(const Json& object) const;
  /// The first field that the server cannot select this kind by, or an empty text.
  std::string unsupported(std::string_view kind) const;
  /// The name when the selector asks for one object, or an empty text.
  std::string name() const;

 private:
  struct Term {
    std::string field, pointer, value;
    bool equal;
  };
  std::vector<Term> terms_;
};

}  // namespace ostler::lab
