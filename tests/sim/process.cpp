// Where time passes for a process: the only place where it may be stopped, frozen or killed.
#include "sim/process.hpp"

namespace ostler::sim {
namespace {

using lab::Instant;

constexpr std::uint64_t incidents_question = 2u << 20;
constexpr std::uint64_t clock_question = 3u << 20;
constexpr Instant a_second{1'000'000};

Incident drawn(Chance& chance) {
  Incident incident;
  const std::uint64_t kind = chance.below(100);
  incident.kind = kind < 38   ? Incident::Kind::kill
                  : kind < 66 ? Incident::Kind::power_loss
                  : kind < 80 ? Incident::Kind::freeze
                  : kind < 95 ? Incident::Kind::signal
                              : Incident::Kind::clock_jump;
  // Half of them inside a step, half anywhere in a run.
  incident.after = Instant{static_cast<std::int64_t>(
      chance.percent(50) ? chance.between(1'000, 400'000) : chance.between(400'000, 20'000'000))};
  incident.lasts = Instant{static_cast<std::int64_t>(chance.between(1'000'000, 90'000'000))};
  if (incident.kind == Incident::Kind::signal) {
    incident.followed = chance.percent(40);
    incident.lasts = Instant{static_cast<std::int64_t>(chance.between(100'000, 7'500'000))};
  }
  return incident;
}

}  // namespace

std::string_view to_string(Incident::Kind kind) {
  switch (kind) {
    case Incident::Kind::kill:
      return "kill -9";
    case Incident::Kind::power_loss:
      return "power loss";
    case Incident::Kind::freeze:
      return "freeze";
    case Incident::Kind::signal:
      return "signal";
    case Incident::Kind::clock_jump:
      return "wall clock jumps";
  }
  return "";
}

Incidents::Incidents(std::uint64_t seed, Faults& faults) : faults_(faults) {
  Chance chance(seed, incidents_question);
  const std::uint64_t count = chance.below(5);
  for (std::uint64_t at = 0; at < count; ++at) planned_.push_back(drawn(chance));
}

Instant Incidents::due(Instant started) const {
  if (next_ == planned_.size()) return Instant::max();
  return std::max(last_, started) + planned_[next_].after;
}

std::optional<Incident> Incidents::take(Instant now) {
  const Incident incident = planned_[next_];
  last_ = now;
  if (!faults_.happens(to_string(incident.kind), next_++, "")) return std::nullopt;
  return incident;
}

void Process::wait_until(Instant until, const Cancellation* cancellation) {
  must_live();
  while (world_.now() < until) {
    if (cancellation != nullptr && cancellation->requested()) return;
    const Instant due = std::min(incidents_.due(started_), doomed_);
    world_.advance_to(std::min(until, due));
    if (world_.now() < due) continue;
    if (world_.now() >= doomed_) die(Killed::How::kill);
    if (const auto incident = incidents_.take(world_.now())) suffer(*incident);
  }
}

void Process::must_live() {
  if (dead_) throw Killed{Killed::How::kill};
}

void Process::suffer(const Incident& incident) {
  switch (incident.kind) {
    case Incident::Kind::kill:
      die(Killed::How::kill);
    case Incident::Kind::power_loss:
      die(Killed::How::power_loss);
    case Incident::Kind::freeze:
      if (while_frozen) while_frozen();
      world_.advance_to(world_.now() + incident.lasts);
      return;
    case Incident::Kind::signal:
      if (signals_++ == 0) {
        stop_.request();
        // A CI runner kills soon after its first signal, so waiting for a step is no use there.
        if (incident.followed) {
          abandon_.request();
          dies_at(world_.now() + incident.lasts);
        }
      } else {
        abandon_.request();
      }
      return;
    case Incident::Kind::clock_jump:
      wall_skew_ += std::chrono::hours(24) * (incident.lasts / a_second - 45) * 80;
      return;
  }
}

void Process::die(Killed::How how) {
  dead_ = true;
  trace_.note("DIES", how == Killed::How::kill ? "killed" : "power lost");
  throw Killed{how};
}

SimClock::SimClock(Process& process, std::uint64_t seed) : process_(process) {
  Chance chance(seed, clock_question);
  offset_ = static_cast<std::int64_t>(chance.below(1'000'000'000'000'000));
  // Up to 0.05 % fast or slow, as the worst of real clocks.
  per_million_ = static_cast<std::int64_t>(chance.below(1001)) - 500;
}

BootTime SimClock::boot() const {
  const std::int64_t passed = process_.world().now().count() * 1000;
  return BootTime{offset_ + passed + passed / 1'000'000 * per_million_};
}

void SimClock::sleep_until(BootTime until, const Cancellation& cancellation) {
  while (!cancellation.requested()) {
    const std::int64_t left = (until - boot()).count();
    if (left <= 0) return;
    process_.wait_until(process_.world().now() + Instant{left / 1000 + 1}, &cancellation);
  }
}

}  // namespace ostler::sim
