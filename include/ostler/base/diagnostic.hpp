#pragma once

#include <string>
#include <vector>

namespace ostler {

/// Where in a file. Lines and columns count from 1; 0 means that the place is not known more
/// exactly.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
  bool operator==(const Place&) const = default;
};

enum class Severity { error, warning };

/// One trouble with something the user wrote. `message` is one sentence in lower case without a
/// full stop, with the bad value quoted; each of `hints` is a full sentence that says what to do
/// next.
struct Diagnostic {
  Severity severity = Severity::error;
  Place place;
  std::string message;
  std::string source_line;  ///< the line at `place`, without its line break; empty when there is
                            ///< none to show
  int width = 1;            ///< columns to underline, at least 1
  std::vector<std::string> hints;
};

/// Collects every trouble of one reading, so that a user sees all mistakes at once.
class Diagnostics {
 public:
  void add(Diagnostic diagnostic);
  bool has_errors() const;
  bool empty() const { return all_.empty(); }
  /// In the order of the files' text, whatever the order of adding.
  const std::vector<Diagnostic>& sorted();

 private:
  std::vector<Diagnostic> all_;
};

/// The text a user sees for one diagnostic: `file:line:col: error: message`, the source line, a
/// caret, the hints. Control characters and tabs of the source line are made harmless; a long line
/// is cut around the place.
std::string render(const Diagnostic& diagnostic);

}  // namespace ostler
