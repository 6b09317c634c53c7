// Amounts of processor and memory as Kubernetes writes them.
#include "lab/cluster/quantities.hpp"

#include "lab/objects/json_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

namespace ostler::lab {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 14> suffixes{{{"m", 0.001},
                                                                        {"", 1},
                                                                        {"k", 1e3},
                                                                        {"M", 1e6},
                                                                        {"G", 1e9},
                                                                        {"T", 1e12},
                                                                        {"P", 1e15},
                                                                        {"Ki", 0x1p10},
                                                                        {"Mi", 0x1p20},
                                                                        {"Gi", 0x1p30},
                                                                        {"Ti", 0x1p40},
                                                                        {"Pi", 0x1p50},
                                                                        {"u", 1e-6},
                                                                        {"n", 1e-9}}};

double value_of(const Json& quantity) {
  if (quantity.is_number()) return quantity.get<double>();
  const std::string& text = text_of(quantity);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return 0;
  const std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const auto& [name, factor] : suffixes)
    if (name == suffix) return number * factor;
  return 0;
}

}  // namespace

std::int64_t thousandths_of(const Json& quantity) {
  return std::llround(value_of(quantity) * 1000);
}

std::int64_t units_of(const Json& quantity) {
  return static_cast<std::int64_t>(std::ceil(value_of(quantity)));
}

std::string processor_text(std::int64_t thousandths) {
  return thousandths % 1000 == 0 ? std::to_string(thousandths / 1000)
                                 : fmt::format("{}m", thousandths);
}

std::string memory_text(std::int64_t bytes) {
  for (const auto& [suffix, size] : {std::pair{"Gi", 30}, {"Mi", 20}, {"Ki", 10}})
    if (bytes != 0 && bytes % (std::int64_t{1} << size) == 0)
      return fmt::format("{}{}", bytes >> size, suffix);
  return std::to_string(bytes);
}

std::int64_t share_of(const Json& number_or_percent, std::int64_t whole, Rounding rounding) {
  if (!number_or_percent.is_string()) return number_of(number_or_percent);
  const std::string& text = text_of(number_or_percent);
  std::int64_t percent = 0;
  std::from_chars(text.data(), text.data() + text.size(), percent);
  return rounding == Rounding::up ? (percent * whole + 99) / 100 : percent * whole / 100;
}

Resources resources_of(const Json& pod_spec, const char* list) {
  Resources sum;
  for (const Json& container : field(pod_spec, "containers")) {
    const Json& resources = field(container, "resources");
    const Json& given = field(resources, list);
    const auto amount = [&](const char* name) -> const Json& {
      const Json& own = field(given, name);
      return own.is_null() ? field(resources, "limits", name) : own;
    };
    sum.processor += thousandths_of(amount("cpu"));
    sum.memory += units_of(amount("memory"));
  }
  return sum;
}

}  // namespace ostler::lab
