// Columns that fit a terminal.
#include "ostler/view/table.hpp"

#include <numeric>

namespace ostler {
namespace {

constexpr int gap = 2;

std::vector<int> measure(const Table& table) {
  std::vector<int> widths;
  for (std::size_t column = 0; column < table.columns.size(); ++column) {
    int width = display_width(table.columns[column].heading);
    for (const auto& row : table.rows)
      if (column < row.size()) width = std::max(width, display_width(row[column]));
    widths.push_back(width);
  }
  return widths;
}

int total(const std::vector<std::size_t>& shown, const std::vector<int>& widths) {
  int sum = -gap;
  for (const std::size_t column : shown) sum += widths[column] + gap;
  return sum;
}

// Takes what is missing from the columns that may shrink, always from the widest of them.
bool shrink(const Table& table, const std::vector<std::size_t>& shown, std::vector<int>& widths,
            int available) {
  std::vector<int> narrow = widths;
  for (int missing = total(shown, widths) - available; missing > 0; --missing) {
    int* widest = nullptr;
    for (const std::size_t column : shown) {
      const int smallest = table.columns[column].smallest;
      if (smallest > 0 && narrow[column] > smallest &&
          (widest == nullptr || narrow[column] > *widest))
        widest = &narrow[column];
    }
    if (widest == nullptr) return false;
    --*widest;
  }
  widths = std::move(narrow);
  return true;
}

// The columns that are shown: the droppable ones go, highest number first, until the rest fits.
std::vector<std::size_t> choose(const Table& table, std::vector<int>& widths, int available) {
  std::vector<std::size_t> shown(table.columns.size());
  std::iota(shown.begin(), shown.end(), 0u);
  while (available > 0 && !shrink(table, shown, widths, available)) {
    const auto victim =
        std::max_element(shown.begin(), shown.end(), [&](std::size_t a, std::size_t b) {
          return table.columns[a].dropped < table.columns[b].dropped;
        });
    if (victim == shown.end() || table.columns[*victim].dropped == 0) break;
    shown.erase(victim);
  }
  return shown;
}

}  // namespace

std::string Table::render(const Style& style) const {
  std::vector<int> widths = measure(*this);
  const int available = style.width > 0 ? std::max(style.width - display_width(indent), 10) : 0;
  const std::vector<std::size_t> shown = choose(*this, widths, available);
  std::string text;
  const auto line = [&](const auto& cell_of, Colour colour) {
    std::string cells;
    for (std::size_t position = 0; position < shown.size(); ++position) {
      const std::size_t column = shown[position];
      std::string cell = cell_of(column);
      if (columns[column].smallest > 0) cell = clip(cell, widths[column], style.charset);
      const bool last = position + 1 == shown.size();
      if (columns[column].align == Align::right)
        cell = pad_left(std::move(cell), widths[column]);
      else if (!last)
        cell = pad_right(std::move(cell), widths[column]);
      cells += cell;
      if (!last) cells.append(gap, ' ');
    }
    while (!cells.empty() && cells.back() == ' ') cells.pop_back();
    text += indent + style.paint(colour, clip(cells, available, style.charset)) + '\n';
  };
  const bool headed = std::any_of(columns.begin(), columns.end(),
                                  [](const Column& column) { return !column.heading.empty(); });
  if (headed) line([&](std::size_t column) { return columns[column].heading; }, Colour::dim);
  for (const auto& row : rows)
    line([&](std::size_t column) { return column < row.size() ? row[column] : std::string(); },
         Colour::plain);
  return text;
}

}  // namespace ostler
