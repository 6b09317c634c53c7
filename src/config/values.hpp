#pragma once

#include "fields.hpp"

#include "ostler/base/clock.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ostler {

/// Readers of single values. Each complains when the field is there and does not fit, and gives the
/// default or nothing then and when the field is absent.

/// Text of one line; unquoted text that a YAML reader takes for something else is refused.
std::string read_text(const Field& field, Report& report);
/// Text of any number of lines that is not empty.
std::string read_long_text(const Field& field, Report& report);
/// Lower-case letters, digits, '-', '_' and '.', at most 63, beginning with a letter or digit.
std::string read_name(const Field& field, Report& report);
/// A name as Kubernetes has them (RFC 1123): DNS label or DNS subdomain.
std::string read_kubernetes_label(const Field& field, Report& report);
std::string read_kubernetes_name(const Field& field, Report& report);

struct IntegerRange {
  std::int64_t smallest, largest;
};
std::optional<std::int64_t> read_integer(const Field& field, IntegerRange range, Report& report);
/// A decimal number without an exponent, not negative.
std::optional<double> read_decimal(const Field& field, Report& report);
/// "20%" as 0.2.
std::optional<double> read_percent(const Field& field, double largest, Report& report);

struct DurationRange {
  Milliseconds shortest, longest;
};
std::optional<Milliseconds> read_duration(const Field& field, DurationRange range, Report& report);
std::optional<bool> read_flag(const Field& field, Report& report);

/// The index of the text in `choices`.
std::optional<std::size_t> read_choice(const Field& field, const std::vector<std::string>& choices,
                                       Report& report);

/// Complains about `text` when no element of `known` has that name; `what` is "registry", `where`
/// "the environment".
void check_known(const Field& field, const std::string& text, const std::vector<std::string>& known,
                 std::string_view what, Report& report);

}  // namespace ostler
