// One operator's process: where its time passes, and where it may die.
#pragma once

#include "sim/faults.hpp"

#include "ostler/base/clock.hpp"

#include <functional>
#include <vector>

namespace ostler::sim {

/// Thrown where a process dies; no handler for exceptions of the standard library catches it.
struct Killed {
  enum class How { kill, power_loss } how = How::kill;
};

/// What happens to whoever operates.
struct Incident {
  enum class Kind { kill, power_loss, freeze, signal, clock_jump } kind = Kind::kill;
  lab::Instant after{0};  ///< the start of the process, or the incident before, whichever is later
  lab::Instant lasts{0};  ///< a freeze; from a signal to the kill that follows it
  bool followed = false;  ///< a signal by SIGKILL, as a CI runner does
};
std::string_view to_string(Incident::Kind kind);

/// The incidents of one seed, in order; each happens once, to whichever process lives then.
class Incidents {
 public:
  Incidents(std::uint64_t seed, Faults& faults);
  explicit Incidents(Faults& faults) : faults_(faults) {}

  /// When the next one is due for a process that started at `started`; Instant::max() for never.
  lab::Instant due(lab::Instant started) const;
  /// Takes the one that is due; nothing when it is left out.
  std::optional<Incident> take(lab::Instant now);

 private:
  Faults& faults_;
  std::vector<Incident> planned_;
  std::size_t next_ = 0;
  lab::Instant last_{0};
};

class Process {
 public:
  Process(lab::World& world, Incidents& incidents, Trace& trace)
      : world_(world), incidents_(incidents), trace_(trace), started_(world.now()) {}

  lab::World& world() { return world_; }
  /// Time passes until then; incidents happen on the way. Ends early when `cancellation` is
  /// requested.
  void wait_until(lab::Instant until, const Cancellation* cancellation = nullptr);
  void wait(lab::Instant duration) { wait_until(world_.now() + duration); }

  const Cancellation& stop() const { return stop_; }
  const Cancellation& abandon() const { return abandon_; }
  int signals() const { return signals_; }
  /// How far its wall clock is off.
  Milliseconds wall_skew() const { return wall_skew_; }
  void skew_wall(Milliseconds by) { wall_skew_ = by; }
  /// Called while it stands still, to see whether anyone else may take its place.
  std::function<void()> while_frozen;
  bool dead() const { return dead_; }
  /// It does not live longer than that.
  void dies_at(lab::Instant when) { doomed_ = std::min(doomed_, when); }
  /// Throws when it is dead: whatever unwinds must not reach the world any more.
  void must_live();

 private:
  void suffer(const Incident& incident);
  [[noreturn]] void die(Killed::How how);

  lab::World& world_;
  Incidents& incidents_;
  Trace& trace_;
  lab::Instant started_;
  lab::Instant doomed_ = lab::Instant::max();  ///< when the kill behind a signal comes
  Cancellation stop_, abandon_;
  int signals_ = 0;
  Milliseconds wall_skew_{0};
  bool dead_ = false;
};

/// The clocks of a process: its boot time has an offset and a rate of its own, its wall clock may
/// be years off.
class SimClock final : public Clock {
 public:
  SimClock(Process& process, std::uint64_t seed);
  BootTime boot() const override;
  WallTime wall() const override { return process_.world().wall() + process_.wall_skew(); }
  void sleep_until(BootTime until, const Cancellation& cancellation) override;

 private:
  Process& process_;
  std::int64_t offset_, per_million_;
};

}  // namespace ostler::sim
