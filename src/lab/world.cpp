// Virtual time, planned acts, and seeded chance.
#include "ostler/lab/world.hpp"

#include <algorithm>

namespace ostler::lab {

World::World(std::uint64_t seed, WallTime beginning) : beginning_(beginning), state_(seed) {}

World::Ticket World::at(Instant when, Act act) {
  planned_.push({std::max(when, now_), ++tickets_, std::move(act)});
  return tickets_;
}

void World::cancel(Ticket ticket) {
  if (ticket != 0 && ticket <= tickets_) cancelled_.insert(ticket);
}

void World::advance_to(Instant until) {
  if (acting_) return;
  acting_ = true;
  while (!planned_.empty() && planned_.top().when <= until) {
    // The queue gives out constant references only; the entry is removed in the next line.
    Planned next = std::move(const_cast<Planned&>(planned_.top()));
    planned_.pop();
    if (!cancelled_.empty() && cancelled_.erase(next.ticket) > 0) continue;
    now_ = std::max(now_, next.when);
    next.act();
  }
  now_ = std::max(now_, until);
  if (planned_.empty()) cancelled_.clear();
  acting_ = false;
}

Instant World::next() const {
  return planned_.empty() ? Instant::max() : planned_.top().when;
}

// SplitMix64 (Steele, Lea, Flood 2014): small, fast, and the same on every machine.
std::uint64_t World::random(std::uint64_t bound) {
  state_ += 0x9e3779b97f4a7c15ULL;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
  mixed ^= mixed >> 31;
  return bound <= 1 ? 0 : mixed % bound;
}

Instant World::between(Instant low, Instant high) {
  if (high <= low) return low;
  return low + Instant{static_cast<std::int64_t>(
                   random(static_cast<std::uint64_t>((high - low).count()) + 1))};
}

}  // namespace ostler::lab
