#pragma once

#include <cstddef>
#include <functional>

namespace ostler {

/// Calls `work(0)` to `work(count - 1)`, at most `width` of them at a time, and returns when all
/// are done. `work` is called from several threads; each call touches only its own element.
void side_by_side(std::size_t count, std::size_t width,
                  const std::function<void(std::size_t)>& work);

/// So many looks at one server's databases at a time: enough to hide the round trips, few enough
/// for its connections.
inline constexpr std::size_t databases_at_once = 8;

}  // namespace ostler
