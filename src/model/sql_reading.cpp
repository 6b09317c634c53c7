// Walks the tokens of one SQL statement.
#include "model/sql_reading.hpp"

#include <cctype>

namespace ostler {

const SqlToken& SqlCursor::peek(std::size_t ahead) const {
  static const SqlToken nothing;
  return at_ + ahead < tokens_.size() ? tokens_[at_ + ahead] : nothing;
}

bool SqlCursor::take(std::string_view word) {
  if (!is(word)) return false;
  ++at_;
  return true;
}

SqlToken SqlCursor::next() {
  SqlToken token = peek();
  if (!at_end()) ++at_;
  return token;
}

std::string SqlCursor::name() {
  std::string result;
  do {
    SqlToken token = next();
    if (token.kind == SqlToken::Kind::word)
      for (char& c : token.text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    result += (result.empty() ? "" : ".") + token.text;
  } while (take("."));
  return result;
}

bool SqlCursor::contains(std::string_view word, std::string_view following) const {
  for (std::size_t i = at_; i < tokens_.size(); ++i) {
    if (!tokens_[i].is(word)) continue;
    if (following.empty()) return true;
    if (i + 1 < tokens_.size() && tokens_[i + 1].is(following)) return true;
  }
  return false;
}

std::vector<std::vector<SqlToken>> SqlCursor::parts() const {
  std::vector<std::vector<SqlToken>> result(1);
  int depth = 0;
  for (std::size_t i = at_; i < tokens_.size(); ++i) {
    if (tokens_[i].is("(")) ++depth;
    if (tokens_[i].is(")")) --depth;
    if (depth == 0 && tokens_[i].is(","))
      result.emplace_back();
    else
      result.back().push_back(tokens_[i]);
  }
  return result;
}

}  // namespace ostler
