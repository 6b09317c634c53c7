// Redraws the lowest lines of a terminal and nothing else.
#include "ostler/view/terminal.hpp"

namespace ostler {

// How many rows the drawn lines take now: a terminal that became narrower has broken the longer
// ones.
int LiveRegion::rows(int columns) const {
  int sum = 0;
  for (const std::string& line : drawn_) {
    const int width = display_width(line);
    sum += columns > 0 && width > columns ? (width + columns - 1) / columns : 1;
  }
  return sum;
}

std::string LiveRegion::draw(const std::vector<std::string>& lines, int columns) {
  if (lines == drawn_ && columns == columns_) return {};
  std::string bytes = erase(columns);
  for (const std::string& line : lines) bytes += clip(line, columns, Charset::utf8) + "\x1b[K\n";
  drawn_ = lines;
  columns_ = columns;
  return bytes;
}

std::string LiveRegion::erase(int columns) {
  const int height = rows(columns);
  drawn_.clear();
  return height > 0 ? fmt::format("\x1b[{}A\r\x1b[J", height) : std::string();
}

}  // namespace ostler
