// Reads Range headers (RFC 9110 section 14).
#include "lab/registry/byte_range.hpp"

#include "ostler/base/text.hpp"

#include <charconv>
#include <optional>

namespace ostler::lab {
namespace {

std::optional<std::size_t> number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

}  // namespace

std::string ByteRange::content_range(std::size_t size) const {
  return fmt::format("bytes {}-{}/{}", first, first + length - 1, size);
}

ByteRange byte_range(std::string_view header, std::size_t size) {
  const ByteRange whole{ByteRange::Kind::whole, 0, size};
  if (!starts_with(header, "bytes=")) return whole;
  header.remove_prefix(6);
  const std::size_t dash = header.find('-');
  if (dash == std::string_view::npos) return whole;
  const auto first = number(header.substr(0, dash)), last = number(header.substr(dash + 1));
  if (!first && last) {
    const std::size_t length = std::min(*last, size);
    if (length == 0) return {ByteRange::Kind::unsatisfiable, 0, 0};
    return {ByteRange::Kind::part, size - length, length};
  }
  if (!first || (!last && dash + 1 != header.size()) || (last && *last < *first)) return whole;
  if (*first >= size) return {ByteRange::Kind::unsatisfiable, 0, 0};
  const std::size_t end = last ? std::min(*last + 1, size) : size;
  return {ByteRange::Kind::part, *first, end - *first};
}

}  // namespace ostler::lab
