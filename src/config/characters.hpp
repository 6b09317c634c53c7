#pragma once

#include "source.hpp"

#include <string>

namespace ostler {

/// The bytes of a file made ready for the parser: without byte order mark and carriage returns.
struct PreparedText {
  std::string text;
  bool byte_order_mark = false;
  int carriage_return_line = 0;  ///< the first line that ended in CR LF; 0: none
};
PreparedText prepare_text(std::string bytes);

/// Complains about everything that makes a text look different from what it is: bytes that are not
/// UTF-8, control and invisible characters, tabs in the indentation, and what prepare_text took
/// away. Says whether the parser can make sense of the rest.
bool check_characters(const PreparedText& prepared, Report& report);

/// What is wrong with the first bad character of a text that is not ours to parse (SQL), or
/// nothing.
std::string text_trouble(std::string_view text);

}  // namespace ostler
