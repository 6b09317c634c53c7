#pragma once

#include "ostler/base/diagnostic.hpp"

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ostler {

/// A piece of one line of a file. Counts from 1 and in bytes; line 0 means the file as a whole.
struct Span {
  int line = 0;
  int column = 0;
  int width = 1;  ///< 0: the line says nothing about the trouble and is not shown
};

/// A position in a file; counts from 1.
using Position = std::pair<int, int>;

/// The text of one configuration file, line by line.
class Source {
 public:
  /// `text` has LF line breaks only.
  Source(std::string file, std::string text);
  const std::string& file() const { return file_; }
  const std::string& text() const { return text_; }
  int line_count() const { return static_cast<int>(starts_.size()); }
  /// Without the line break; empty for a line that does not exist.
  std::string_view line(int number) const;
  /// Everything from the position to the end of the file.
  std::string_view from(Position position) const;
  Place place(const Span& span) const { return {file_, span.line, span.column}; }

 private:
  std::string file_;
  std::string text_;
  std::vector<std::size_t> starts_;
};

/// Collects what is wrong with one file and hands it over at the end, when it is known which parts
/// of the text are secrets that must not be shown.
class Report {
 public:
  Report(const Source& source, Diagnostics& diagnostics);
  ~Report();
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;

  void error(const Span& span, std::string message, std::vector<std::string> hints = {});
  /// About another file that this one names.
  void error_in(const std::string& file, std::string message, std::vector<std::string> hints = {});
  /// No source line and no "found ..." will show what begins there, up to the next thing in the
  /// text.
  void hide_from(Position begin) { secrets_.insert(begin); }
  bool hidden(Position position) const { return secrets_.contains(position); }
  /// Where everything written in the text begins, sorted: ends what is hidden.
  void set_starts(std::vector<Position> starts) { starts_ = std::move(starts); }
  /// The text could not be understood, so that nobody knows what in it is a secret: lines of the
  /// sections where secrets are referred to are shown up to the complaint only.
  void distrust_text() { trusted_ = false; }
  void trust_text() { trusted_ = true; }
  /// No further complaint will be listed, so none needs to be worded well.
  bool full() const;
  bool has_errors() const { return count_ > 0; }
  const Source& source() const { return source_; }

 private:
  std::string shown_line(const Span& span) const;

  const Source& source_;
  Diagnostics& diagnostics_;
  std::vector<Diagnostic> pending_;
  std::set<Position> secrets_;
  std::vector<Position> starts_;
  int count_ = 0;
  bool trusted_ = true;
};

/// Whether a key of that name usually holds a secret: password, token, dsn and the like.
bool names_a_secret(std::string_view key);

/// The byte offset in line `number` from which a secret may follow, judged by the text alone, or
/// npos.
std::size_t secret_offset(const Source& source, int number);

/// The same for a text that could not be parsed and a complaint at `column`: everything from there
/// on may be secret.
std::size_t distrusted_offset(const Source& source, int number, int column);

/// `text` in single quotes for a message: harmless, short, and without anything that looks like a
/// password.
std::string in_quotes(std::string_view text);

}  // namespace ostler
