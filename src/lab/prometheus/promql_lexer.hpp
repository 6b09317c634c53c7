#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ostler::lab {

struct PromToken {
  enum class Kind { end, error, name, number, duration, text, sign };
  Kind kind = Kind::end;
  std::string text;  ///< a text without its quotes; what is wrong, for an error
  std::size_t position = 0;
  double number = 0;  ///< a duration in seconds

  bool is(std::string_view sign_text) const { return kind == Kind::sign && text == sign_text; }
  /// As Prometheus names it in its messages.
  std::string described() const;
};

/// The tokens of a PromQL expression. The last is its end, or an error.
std::vector<PromToken> promql_tokens(std::string_view text);

bool is_aggregation(std::string_view word);
/// A duration in seconds; nothing when it is none.
std::optional<double> promql_duration(std::string_view text);

}  // namespace ostler::lab
