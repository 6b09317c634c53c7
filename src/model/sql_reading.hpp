#pragma once

#include "model/sql_tokens.hpp"

#include "ostler/model/survey.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ostler {

/// A place in the tokens of one statement.
class SqlCursor {
 public:
  explicit SqlCursor(const std::vector<SqlToken>& tokens) : tokens_(tokens) {}

  const SqlToken& peek(std::size_t ahead = 0) const;
  bool at_end() const { return at_ >= tokens_.size(); }
  bool is(std::string_view word) const { return peek().is(word); }
  /// Steps over the word when it is the next one.
  bool take(std::string_view word);
  SqlToken next();
  /// Steps over a name and gives it, with its schema when it has one, as PostgreSQL folds it. Two
  /// ways to name one thing are two names here; the reader is then stricter than it must be, never
  /// laxer.
  std::string name();
  /// Whether the rest holds these words, next to each other.
  bool contains(std::string_view word, std::string_view following = "") const;
  /// The rest, cut at commas outside parentheses.
  std::vector<std::vector<SqlToken>> parts() const;

 private:
  const std::vector<SqlToken>& tokens_;
  std::size_t at_ = 0;
};

/// What the statements read so far have made new, so that using it hurts nobody.
struct SqlFileState {
  std::set<std::string> new_tables, new_types;
  std::set<std::string> new_columns;      ///< "table.column"
  std::set<std::string> new_constraints;  ///< "table.constraint"
  bool has_new_table(const std::string& table) const { return new_tables.count(table) > 0; }
};

struct SqlVerdict {
  StatementClass statement_class = StatementClass::refused;
  std::string reason;
};

/// The verdict over ALTER TABLE; `at` stands behind TABLE. The strictest of its actions decides.
SqlVerdict classify_alter_table(SqlCursor& at, SqlFileState& file);

}  // namespace ostler
