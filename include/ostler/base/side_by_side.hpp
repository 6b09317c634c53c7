#pragma once

#include <cstddef>
#include <functional>

namespace ostler {

/// Calls `work(0)` to `work(count - 1)`, at most `width` of them at a time, and returns when all
/// are done. `work` is called from several threads; each call touches only its own element. With a
/// width of 1, and wherever threads are forbidden, all happens in the calling thread, in order.
void side_by_side(std::size_t count, std::size_t width,
                  const std::function<void(std::size_t)>& work);

/// So many looks at one server's databases at a time: enough to hide the round trips, few enough
/// for its connections.
inline constexpr std::size_t databases_at_once = 8;

/// For the simulation, where one thread is the whole world and a process dies by an exception: from
/// then on this process does everything in the thread that asks for it.
void forbid_threads();
/// How many threads may be started for something that wants `width` of them; 1 means none, do it in
/// the calling thread.
std::size_t threads_for(std::size_t width);

}  // namespace ostler
