#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ostler {

/// One token of SQL. Words are in upper case; quoted names and strings are as they mean, without
/// their quotes.
struct SqlToken {
  enum class Kind { word, quoted_name, string, number, symbol };
  Kind kind = Kind::symbol;
  std::string text;
  bool is(std::string_view word) const {
    return kind != Kind::string && kind != Kind::quoted_name && text == word;
  }
};

/// One statement as it stands in a file, without its semicolon and the comments around it.
struct SqlPiece {
  std::string text;
  int line = 0;
  std::vector<SqlToken> tokens;
  std::string trouble;  ///< why it is not a statement of SQL: an open quote, a psql command
};

/// Splits a file as PostgreSQL reads it: doubled quotes, E'' strings, dollar quotes, nested
/// comments, parentheses and BEGIN ATOMIC bodies hold semicolons that end nothing.
std::vector<SqlPiece> split_sql(std::string_view sql);

}  // namespace ostler
