#pragma once

#include "ostler/base/clock.hpp"

#include <cstdint>
#include <functional>
#include <queue>
#include <set>
#include <vector>

namespace ostler::lab {

/// A point of virtual time, counted from the world's beginning.
using Instant = std::chrono::microseconds;

/// Virtual time and chance of one lab: everything that happens in it is a function of what it is
/// asked, of this time and of the seed. Acts run in the order of their time, and those of one time
/// in the order in which they were planned. Not for several threads at once.
class World {
 public:
  explicit World(std::uint64_t seed,
                 WallTime beginning = WallTime{std::chrono::hours{24 * 365 * 56}});

  Instant now() const { return now_; }
  /// What the servers of the lab say the time is.
  WallTime wall() const { return beginning_ + std::chrono::duration_cast<Milliseconds>(now_); }

  using Act = std::function<void()>;
  using Ticket = std::uint64_t;
  /// Plans `act` for `when`; what lies in the past runs at the next advance.
  Ticket at(Instant when, Act act);
  Ticket after(Instant delay, Act act) { return at(now_ + delay, std::move(act)); }
  /// A planned act does not happen any more; no effect when it has happened.
  void cancel(Ticket ticket);

  /// Runs all that is due up to and including `until` and leaves the time there. Called from within
  /// an act it does nothing: time passes only outside.
  void advance_to(Instant until);
  /// When the next act is due; `Instant::max()` when none is planned.
  Instant next() const;

  /// A number from 0 up to and without `bound` (at least 1).
  std::uint64_t random(std::uint64_t bound);
  /// True in `parts` of a million cases.
  bool chance(std::uint64_t parts) { return parts > 0 && random(1'000'000) < parts; }
  Instant between(Instant low, Instant high);

 private:
  struct Planned {
    Instant when;
    Ticket ticket;
    Act act;
  };
  struct Later {
    bool operator()(const Planned& a, const Planned& b) const {
      return a.when != b.when ? a.when > b.when : a.ticket > b.ticket;
    }
  };

  WallTime beginning_;
  Instant now_{0};
  std::uint64_t state_;
  Ticket tickets_ = 0;
  std::priority_queue<Planned, std::vector<Planned>, Later> planned_;
  std::set<Ticket> cancelled_;
  bool acting_ = false;
};

}  // namespace ostler::lab
