// Splits SQL files into statements and tokens, by the rules of PostgreSQL's own scanner.
#include "model/sql_tokens.hpp"

#include <cctype>

namespace ostler {

namespace {

bool starts_word(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80);
}
bool continues_word(char c) {
  return starts_word(c) || std::isdigit(static_cast<unsigned char>(c)) || c == '$';
}
bool is_space(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

class Splitter {
 public:
  explicit Splitter(std::string_view sql) : sql_(sql) {}

  std::vector<SqlPiece> split() {
    while (skip_blanks(), at_ < sql_.size()) {
      if (sql_[at_] == ';' && parentheses_ <= 0 && atomic_ == 0) {
        ++at_;
        end_piece();
      } else {
        read_token();
      }
    }
    if (parentheses_ > 0 || atomic_ > 0) trouble("the statement does not end");
    end_piece();
    return std::move(pieces_);
  }

 private:
  void skip_blanks() {
    while (at_ < sql_.size()) {
      if (is_space(sql_[at_])) {
        ++at_;
      } else if (looking_at("--")) {
        at_ = std::min(sql_.find('\n', at_), sql_.size());
      } else if (looking_at("/*")) {
        skip_block_comment();
      } else {
        return;
      }
    }
  }

  void skip_block_comment() {
    const std::size_t start = at_;
    int depth = 0;
    while (at_ < sql_.size()) {
      if (looking_at("/*")) {
        ++depth;
        at_ += 2;
      } else if (looking_at("*/")) {
        at_ += 2;
        if (--depth == 0) return;
      } else {
        ++at_;
      }
    }
    begin_piece(start);
    trouble("a comment does not end");
  }

  void read_token() {
    begin_piece(at_);
    const char c = sql_[at_];
    if (c == '\'')
      read_quoted('\'', SqlToken::Kind::string, false);
    else if (c == '"')
      read_quoted('"', SqlToken::Kind::quoted_name, false);
    else if (c == '$' && read_dollar_quoted())
      ;
    else if (starts_word(c))
      read_word();
    else if (std::isdigit(static_cast<unsigned char>(c)))
      read_number();
    else
      read_symbol(c);
    end_ = at_;
  }

  void read_word() {
    const std::size_t start = at_;
    while (at_ < sql_.size() && continues_word(sql_[at_])) ++at_;
    std::string word(sql_.substr(start, at_ - start));
    for (char& c : word) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (word == "E" && at_ < sql_.size() && sql_[at_] == '\'') {
      read_quoted('\'', SqlToken::Kind::string, true);
      return;
    }
    const bool after_begin = !piece_.tokens.empty() && piece_.tokens.back().is("BEGIN");
    if (word == "ATOMIC" && after_begin)
      atomic_ = 1;
    else if (atomic_ > 0 && (word == "CASE" || word == "BEGIN"))
      ++atomic_;
    else if (atomic_ > 0 && word == "END")
      --atomic_;
    add(SqlToken::Kind::word, std::move(word));
  }

  void read_number() {
    const std::size_t start = at_;
    while (at_ < sql_.size() && (continues_word(sql_[at_]) || sql_[at_] == '.')) ++at_;
    add(SqlToken::Kind::number, std::string(sql_.substr(start, at_ - start)));
  }

  void read_symbol(char c) {
    if (c == '(') ++parentheses_;
    if (c == ')') --parentheses_;
    if (c == '\\') trouble("a command of psql is not SQL");
    ++at_;
    add(SqlToken::Kind::symbol, std::string(1, c));
  }

  void read_quoted(char quote, SqlToken::Kind kind, bool backslashes) {
    std::string text;
    for (++at_; at_ < sql_.size(); ++at_) {
      const char c = sql_[at_];
      const bool more = at_ + 1 < sql_.size();
      if (backslashes && c == '\\' && more) {
        text += sql_[++at_];
      } else if (c == quote && more && sql_[at_ + 1] == quote) {
        text += sql_[++at_];
      } else if (c == quote) {
        ++at_;
        add(kind, std::move(text));
        return;
      } else {
        text += c;
      }
    }
    trouble("a quote does not end");
  }

  bool read_dollar_quoted() {
    std::size_t end = at_ + 1;
    if (end < sql_.size() && starts_word(sql_[end]))
      while (end < sql_.size() && continues_word(sql_[end]) && sql_[end] != '$') ++end;
    if (end >= sql_.size() || sql_[end] != '$') return false;
    const std::string_view tag = sql_.substr(at_, end + 1 - at_);
    const std::size_t close = sql_.find(tag, end + 1);
    if (close == std::string_view::npos) {
      at_ = sql_.size();
      trouble("a dollar quote does not end");
      return true;
    }
    add(SqlToken::Kind::string, std::string(sql_.substr(end + 1, close - end - 1)));
    at_ = close + tag.size();
    return true;
  }

  bool looking_at(std::string_view text) const { return sql_.substr(at_, text.size()) == text; }

  void add(SqlToken::Kind kind, std::string text) {
    piece_.tokens.push_back({kind, std::move(text)});
  }

  void begin_piece(std::size_t start) {
    if (open_) return;
    open_ = true;
    start_ = start;
    const std::string_view before = sql_.substr(0, start);
    piece_.line = 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
  }

  void trouble(std::string why) {
    if (piece_.trouble.empty()) piece_.trouble = std::move(why);
    end_ = at_;
  }

  void end_piece() {
    if (open_) {
      piece_.text = std::string(sql_.substr(start_, end_ - start_));
      pieces_.push_back(std::move(piece_));
    }
    piece_ = {};
    open_ = false;
    parentheses_ = 0;
    atomic_ = 0;
  }

  std::string_view sql_;
  std::size_t at_ = 0, start_ = 0, end_ = 0;
  int parentheses_ = 0, atomic_ = 0;
  bool open_ = false;
  SqlPiece piece_;
  std::vector<SqlPiece> pieces_;
};

}  // namespace

std::vector<SqlPiece> split_sql(std::string_view sql) {
  return Splitter(sql).split();
}

}  // namespace ostler
