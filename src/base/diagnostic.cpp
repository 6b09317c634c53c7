// Collects diagnostics and turns one into the text a user sees.
#include "ostler/base/diagnostic.hpp"

#include "ostler/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace ostler {
namespace {

constexpr int shown_columns = 100;

/// Where `column` (in bytes, from 1) of the raw line ends up once tabs are blanks and the line is
/// cut to `from`.
struct ShownLine {
  std::string text;
  int column;
};

ShownLine shown_line(const std::string& raw, int column) {
  std::string flat = raw;
  std::replace(flat.begin(), flat.end(), '\t', ' ');
  std::string text = sanitize(flat, Lines::escape, 100000);
  const std::string before = sanitize(
      flat.substr(0, static_cast<std::size_t>(std::max(0, column - 1))), Lines::escape, 100000);
  int at = static_cast<int>(before.size()) + 1;
  if (static_cast<int>(text.size()) > shown_columns) {
    const int from = std::max(0, at - shown_columns * 2 / 3);
    text = (from > 0 ? "…" : "") + text.substr(static_cast<std::size_t>(from), shown_columns);
    at = at - from + (from > 0 ? 1 : 0);
  }
  return {text, at};
}

}  // namespace

void Diagnostics::add(Diagnostic diagnostic) {
  all_.push_back(std::move(diagnostic));
}

bool Diagnostics::has_errors() const {
  return std::any_of(all_.begin(), all_.end(),
                     [](const Diagnostic& one) { return one.severity == Severity::error; });
}

const std::vector<Diagnostic>& Diagnostics::sorted() {
  std::stable_sort(all_.begin(), all_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.place.file, a.place.line, a.place.column) <
           std::tie(b.place.file, b.place.line, b.place.column);
  });
  return all_;
}

std::string render(const Diagnostic& diagnostic) {
  std::string text = sanitize(diagnostic.place.file);
  if (diagnostic.place.line > 0) text += fmt::format(":{}", diagnostic.place.line);
  if (diagnostic.place.column > 0) text += fmt::format(":{}", diagnostic.place.column);
  if (!text.empty()) text += ": ";
  text += diagnostic.severity == Severity::error ? "error: " : "warning: ";
  text += diagnostic.message + "\n";
  if (!diagnostic.source_line.empty() && diagnostic.place.line > 0) {
    const ShownLine shown = shown_line(diagnostic.source_line, diagnostic.place.column);
    const int room = std::max(1, static_cast<int>(shown.text.size()) - shown.column + 1);
    const int width = std::clamp(diagnostic.width, 1, room);
    text += fmt::format("{:>5} | {}\n", diagnostic.place.line, shown.text);
    text += fmt::format("      | {}^{}\n",
                        std::string(static_cast<std::size_t>(std::max(0, shown.column - 1)), ' '),
                        std::string(static_cast<std::size_t>(width - 1), '~'));
  }
  for (const std::string& hint : diagnostic.hints) text += "hint: " + hint + "\n";
  return text;
}

}  // namespace ostler
