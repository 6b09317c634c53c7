#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ostler {

/// A point on CLOCK_BOOTTIME, which goes on while the machine sleeps. Deadlines count on it (a
/// closed laptop lid must count); it means nothing on another machine or after a reboot.
using BootTime = std::chrono::duration<std::int64_t, std::nano>;

/// Wall-clock time, for people and for foreign systems; nothing inside ostler decides on it.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

using Milliseconds = std::chrono::milliseconds;

/// Says that work should stop. Cheap to copy; all copies see the same state. Setting it is
/// async-signal-safe.
class Cancellation {
 public:
  Cancellation();
  bool requested() const;
  void request() const;
  /// A descriptor that becomes readable once cancellation is requested; owned by this object.
  int descriptor() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Time, as everything but main() sees it. The real clock sleeps; a virtual one in tests moves by
/// hand.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual BootTime boot() const = 0;
  virtual WallTime wall() const = 0;
  /// Returns when `until` has come or `cancellation` is requested, whichever is first.
  virtual void sleep_until(BootTime until, const Cancellation& cancellation) = 0;

  void sleep_for(Milliseconds duration, const Cancellation& cancellation) {
    sleep_until(boot() + duration, cancellation);
  }
};

/// The machine's clocks.
std::unique_ptr<Clock> make_system_clock();

/// A clock for tests: sleeping moves it, nothing waits. Starts at boot time 0 and the given wall
/// time.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(WallTime start = WallTime{std::chrono::hours{24 * 365 * 56}})
      : start_(start) {}
  BootTime boot() const override { return now_; }
  WallTime wall() const override { return start_ + std::chrono::duration_cast<Milliseconds>(now_); }
  void sleep_until(BootTime until, const Cancellation&) override { now_ = std::max(now_, until); }
  void advance(Milliseconds by) { now_ += by; }

 private:
  WallTime start_;
  BootTime now_{0};
};

/// RFC 3339 in UTC with milliseconds: 2026-11-24T09:12:44.102Z.
std::string format_utc(WallTime time);
/// Reads what format_utc writes and any other RFC 3339 time; nothing when it is none.
std::optional<WallTime> parse_utc(std::string_view text);

}  // namespace ostler
