#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ostler::lab {

/// What a Range header asks for of `size` bytes. Several ranges at once and what is no range count
/// as none, as servers may do.
struct ByteRange {
  enum class Kind { whole, part, unsatisfiable };
  Kind kind = Kind::whole;
  std::size_t first = 0, length = 0;

  /// "bytes 0-9/100", for a part.
  std::string content_range(std::size_t size) const;
};
ByteRange byte_range(std::string_view header, std::size_t size);

}  // namespace ostler::lab
