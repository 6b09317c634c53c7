// The machine's clocks, cancellation by a descriptor, and RFC 3339.
#include "ostler/base/clock.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <cstdio>

namespace ostler {

struct Cancellation::State {
  std::atomic<bool> requested{false};
  /// Made for the first who waits: most cancellations are only looked at, and two system calls are
  /// more than all else that happens to them.
  std::atomic<int> descriptor{-1};

  State() = default;
  ~State() {
    if (descriptor >= 0) close(descriptor);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void wake() const {
    const std::uint64_t one = 1;
    // A failed write means that the counter is already set, so the descriptor is readable either
    // way.
    [[maybe_unused]] const ssize_t written = write(descriptor, &one, sizeof one);
  }
};

Cancellation::Cancellation() : state_(std::make_shared<State>()) {}

bool Cancellation::requested() const {
  return state_->requested.load(std::memory_order_acquire);
}

void Cancellation::request() const {
  state_->requested = true;
  if (state_->descriptor >= 0) state_->wake();
}

int Cancellation::descriptor() const {
  if (state_->descriptor < 0) {
    int none = -1;
    const int made = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    // Another thread may have been faster, and a request may have come before there was one.
    if (!state_->descriptor.compare_exchange_strong(none, made)) close(made);
    if (state_->requested) state_->wake();
  }
  return state_->descriptor;
}

namespace {

class SystemClock final : public Clock {
 public:
  BootTime boot() const override {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  }

  WallTime wall() const override {
    return std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
  }

  void sleep_until(BootTime until, const Cancellation& cancellation) override {
    while (!cancellation.requested()) {
      const auto left = std::chrono::ceil<Milliseconds>(until - boot());
      if (left.count() <= 0) return;
      pollfd waiting{cancellation.descriptor(), POLLIN, 0};
      // Capped, so that a suspended machine notices on waking that its deadline has passed.
      poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 1000)));
    }
  }
};

}  // namespace

std::unique_ptr<Clock> make_system_clock() {
  return std::make_unique<SystemClock>();
}

std::string format_utc(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  auto milliseconds = time.time_since_epoch() % std::chrono::seconds(1);
  if (milliseconds.count() < 0) milliseconds += std::chrono::seconds(1);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     milliseconds.count());
}

std::optional<WallTime> parse_utc(std::string_view text) {
  const std::string copy(text);
  std::tm parts{};
  const char* rest = strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return std::nullopt;
  double fraction = 0;
  if (*rest == '.') {
    double scale = 0.1;
    for (++rest; *rest >= '0' && *rest <= '9'; ++rest, scale /= 10)
      fraction += (*rest - '0') * scale;
  }
  int offset_minutes = 0;
  if (*rest == 'Z' || *rest == 'z') {
    ++rest;
  } else if (*rest == '+' || *rest == '-') {
    int hours = 0, minutes = 0, used = 0;
    if (std::sscanf(rest + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 || used != 5)
      return std::nullopt;
    offset_minutes = (*rest == '-' ? -1 : 1) * (hours * 60 + minutes);
    rest += 1 + used;
  } else {
    return std::nullopt;
  }
  if (*rest != '\0') return std::nullopt;
  const std::time_t seconds = timegm(&parts) - std::time_t{60} * offset_minutes;
  return std::chrono::time_point_cast<Milliseconds>(
             std::chrono::system_clock::from_time_t(seconds)) +
         Milliseconds(std::llround(fraction * 1000));
}

}  // namespace ostler
