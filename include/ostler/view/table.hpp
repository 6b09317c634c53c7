#pragma once

#include "ostler/view/style.hpp"

#include <string>
#include <vector>

namespace ostler {

enum class Align { left, right };

/// Rows under headings, two spaces apart. On a terminal that is too narrow, columns that have a
/// `smallest` width give way first, down to that; then columns with the highest `dropped` number go
/// (0: never); what is still too wide is cut. Off a terminal nothing is dropped or cut.
struct Table {
  struct Column {
    std::string heading;
    Align align = Align::left;
    int dropped = 0;
    int smallest = 0;  ///< columns that it may shrink to; 0: it does not shrink
  };
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;
  std::string indent;

  /// Lines with line feeds; the headings are left out when all are empty.
  std::string render(const Style& style) const;
};

}  // namespace ostler
