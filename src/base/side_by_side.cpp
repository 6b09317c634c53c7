// Independent looks at the same time, since most of each is waiting.
#include "ostler/base/side_by_side.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace ostler {
namespace {

// One per process on purpose: a simulated process has no second thread in which to die.
std::atomic<bool> threads_forbidden{false};

}  // namespace

void forbid_threads() {
  threads_forbidden = true;
}

std::size_t threads_for(std::size_t width) {
  return threads_forbidden ? std::min<std::size_t>(width, 1) : width;
}

void side_by_side(std::size_t count, std::size_t width,
                  const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  const auto take_turns = [&] {
    for (std::size_t index = next++; index < count; index = next++) work(index);
  };
  const std::size_t helpers = threads_for(std::min(count, width));
  if (helpers <= 1) return take_turns();
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < helpers; ++i) threads.emplace_back(take_turns);
}

}  // namespace ostler
