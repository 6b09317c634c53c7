// Drawing faults, with a number for each.
#include "sim/faults.hpp"

namespace ostler::sim {
namespace {

struct Kind {
  const char* name;
  std::uint32_t per_million;
};
constexpr std::array<Kind, static_cast<std::size_t>(Fault::none)> kinds{{
    {"request lost", 40'000},
    {"answer lost", 40'000},
    {"connection reset after", 20'000},
    {"late", 50'000},
    {"5xx before", 30'000},
    {"5xx after", 30'000},
    {"doubled", 30'000},
    {"partition", 1'500},
    {"sync fails", 4'000},
    {"gate breached", 30'000},
    {"gate blind", 20'000},
}};

constexpr std::uint64_t swarm_question = 1u << 20;
constexpr std::uint64_t first_planned = 1'000'000;

}  // namespace

std::string_view to_string(Fault fault) {
  return fault == Fault::none ? "none" : kinds.at(static_cast<std::size_t>(fault)).name;
}

Swarm Swarm::of(std::uint64_t seed, std::uint32_t rarity) {
  Chance chance(seed, swarm_question);
  Swarm swarm;
  // One seed in eight sees one kind of fault alone: that is where a rare one shows undisturbed.
  const bool single = chance.percent(12);
  const std::uint64_t only = chance.below(kinds.size());
  for (std::size_t at = 0; at < kinds.size(); ++at) {
    const std::uint64_t tenths = chance.percent(20) ? 0 : chance.below(31);
    const bool counts = !single || at == only;
    swarm.per_million.at(at) =
        counts ? static_cast<std::uint32_t>(kinds.at(at).per_million * tenths / 10 / rarity) : 0;
  }
  return swarm;
}

Fault Faults::draw(std::initializer_list<Fault> among, std::string_view where) {
  const std::uint64_t number = occasions_++;
  details_ = Chance(seed_, number);
  if (ended_) return Fault::none;
  std::uint64_t left = details_.below(1'000'000);
  for (const Fault fault : among) {
    const std::uint32_t rate = swarm_.per_million.at(static_cast<std::size_t>(fault));
    if (left >= rate) {
      left -= rate;
      continue;
    }
    if (left_out(number)) return Fault::none;
    events_.push_back({number, world_.now(), fmt::format("{} at {}", to_string(fault), where)});
    trace_.note("FAULT", events_.back().what);
    return fault;
  }
  return Fault::none;
}

bool Faults::happens(std::string_view name, std::uint64_t number, std::string_view what) {
  if (ended_ || left_out(first_planned + number)) return false;
  events_.push_back({first_planned + number, world_.now(), fmt::format("{} {}", name, what)});
  trace_.note("FAULT", events_.back().what);
  return true;
}

}  // namespace ostler::sim
