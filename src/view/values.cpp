// Numbers, digests and bars as people read them.
#include "ostler/view/values.hpp"

#include "ostler/base/text.hpp"

#include <array>
#include <cmath>

namespace ostler {

std::string format_value(std::optional<double> value, std::string_view unit) {
  if (!value || !std::isfinite(*value)) return "no data";
  if (unit == "ratio") return format_percent(*value);
  if (unit == "seconds")
    return format_duration(Milliseconds(static_cast<std::int64_t>(std::llround(*value * 1000))));
  return fmt::format("{:.4g}", *value);
}

std::string sparkline(const std::vector<double>& values, std::optional<double> limit,
                      std::size_t columns, Charset charset) {
  static constexpr std::array<std::string_view, 8> blocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  static constexpr std::array<std::string_view, 8> marks{"_", "_", ".", "-", "-", "=", "=", "#"};
  const auto& bars = charset == Charset::utf8 ? blocks : marks;
  const std::size_t first = values.size() > columns ? values.size() - columns : 0;
  double highest = limit.value_or(0);
  for (std::size_t at = first; at < values.size(); ++at) highest = std::max(highest, values[at]);
  std::string line;
  for (std::size_t at = first; at < values.size(); ++at) {
    const double share = highest > 0 ? std::clamp(values[at] / highest, 0.0, 1.0) : 0.0;
    line += bars[static_cast<std::size_t>(std::lround(share * 7))];
  }
  return line;
}

std::string short_digest(std::string_view digest) {
  const std::size_t colon = digest.find(':');
  if (colon != std::string_view::npos) digest.remove_prefix(colon + 1);
  return std::string(digest.substr(0, 12));
}

std::string short_digests(std::string text, const Style& style) {
  constexpr std::string_view prefix = "sha256:";
  constexpr std::size_t whole = 64, kept = 12;
  std::size_t at = 0;
  while ((at = text.find(prefix, at)) != std::string::npos) {
    at += prefix.size();
    std::size_t end = text.find_first_not_of("0123456789abcdef", at);
    if (end == std::string::npos) end = text.size();
    if (end - at == whole) text.replace(at + kept, whole - kept, style.ellipsis());
  }
  return text;
}

std::string short_reference(std::string_view reference, const Style& style) {
  const std::size_t at = reference.find("@sha256:");
  if (at == std::string_view::npos) return std::string(reference);
  return fmt::format("{}@{}{}", reference.substr(0, at), reference.substr(at + 1, 7 + 12),
                     style.ellipsis());
}

}  // namespace ostler
