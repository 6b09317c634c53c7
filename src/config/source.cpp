// Keeps a configuration file's text and turns spans of it into diagnostics that show no secret.
#include "source.hpp"

#include "ostler/base/secret.hpp"
#include "ostler/base/text.hpp"

namespace ostler {
namespace {

// A file of a hundred thousand mistakes helps nobody, and a diagnostic carries its source line.
constexpr int most_diagnostics = 100;
constexpr std::size_t longest_shown_line = 16384;
constexpr std::size_t longest_quote = 60;

}  // namespace

Source::Source(std::string file, std::string text)
    : file_(std::move(file)), text_(std::move(text)) {
  starts_.push_back(0);
  for (std::size_t at = 0; at < text_.size(); ++at) {
    if (text_[at] == '\n' && at + 1 < text_.size()) starts_.push_back(at + 1);
  }
}

std::string_view Source::line(int number) const {
  if (number < 1 || number > line_count()) return {};
  const auto index = static_cast<std::size_t>(number - 1);
  const bool last = number == line_count();
  const std::size_t end = last ? text_.size() : starts_[index + 1] - 1;
  std::string_view line = std::string_view(text_).substr(starts_[index], end - starts_[index]);
  if (last && !line.empty() && line.back() == '\n') line.remove_suffix(1);
  return line;
}

std::string_view Source::from(Position position) const {
  if (position.first < 1 || position.first > line_count() || position.second < 1) return {};
  const std::size_t offset = starts_[static_cast<std::size_t>(position.first - 1)] +
                             static_cast<std::size_t>(position.second - 1);
  return offset < text_.size() ? std::string_view(text_).substr(offset) : std::string_view();
}

Report::Report(const Source& source, Diagnostics& diagnostics)
    : source_(source), diagnostics_(diagnostics) {}

Report::~Report() {
  for (Diagnostic& one : pending_) {
    if (one.place.line > 0 && one.width > 0)
      one.source_line = shown_line({one.place.line, one.place.column, one.width});
    one.width = std::max(1, one.width);
    diagnostics_.add(std::move(one));
  }
}

void Report::error(const Span& span, std::string message, std::vector<std::string> hints) {
  ++count_;
  if (count_ > most_diagnostics) return;
  if (count_ == most_diagnostics) {
    message +=
        fmt::format("; further mistakes behind the first {} are not listed", most_diagnostics);
  }
  Diagnostic one;
  one.place = source_.place(span);
  one.message = std::move(message);
  one.width = std::max(0, span.width);
  one.hints = std::move(hints);
  pending_.push_back(std::move(one));
}

void Report::error_in(const std::string& file, std::string message,
                      std::vector<std::string> hints) {
  const std::size_t before = pending_.size();
  error({}, std::move(message), std::move(hints));
  if (pending_.size() > before) pending_.back().place.file = file;
}

bool Report::full() const {
  return count_ >= most_diagnostics;
}

std::string Report::shown_line(const Span& span) const {
  const std::string_view line = source_.line(span.line);
  if (line.size() > longest_shown_line) return "";
  const int first_column = static_cast<int>(std::min(line.find_first_not_of(' '), line.size())) + 1;
  std::size_t cut = secret_offset(source_, span.line);
  for (const Position& begin : secrets_) {
    const auto next = std::upper_bound(starts_.begin(), starts_.end(), begin);
    const bool ends_before = next != starts_.end() && *next <= Position{span.line, first_column};
    if (begin.first > span.line || ends_before) continue;
    cut = std::min(cut, begin.first < span.line ? 0 : static_cast<std::size_t>(begin.second - 1));
  }
  const std::size_t doubtful =
      trusted_ ? std::string_view::npos : distrusted_offset(source_, span.line, span.column);
  // Behind a secret nothing is shown: blanks of its width would tell how long it is.
  const auto caret = static_cast<std::size_t>(span.column - 1);
  if (std::min(cut, doubtful) < caret || std::min(cut, doubtful) == 0) return "";
  if (doubtful < cut) return std::string(line.substr(0, doubtful)) + "…";
  if (cut >= line.size()) return std::string(line);
  return std::string(line.substr(0, cut)) + "[secret]";
}

std::string in_quotes(std::string_view text) {
  const std::string clean = redact(text);
  if (clean != text) return "'[secret]'";
  std::string shown = sanitize(clean, Lines::escape, longest_quote);
  return "'" + shown + (clean.size() > longest_quote && !ends_with(shown, "…") ? "…'" : "'");
}

}  // namespace ostler
