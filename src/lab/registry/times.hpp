#pragma once

#include "ostler/base/clock.hpp"

#include <optional>
#include <string>

namespace ostler::lab {

/// "2026-11-28T07:19:19Z"
std::string iso_time(WallTime time);
/// "Sat, 28 Nov 2026 07:19:19 GMT"
std::string http_time(WallTime time);
/// What `iso_time` writes; nothing for another text.
std::optional<WallTime> read_iso_time(const std::string& text);

}  // namespace ostler::lab
