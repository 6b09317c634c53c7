// What goes wrong in one seed: every fault has a number, so that it can be left out.
#pragma once

#include "sim/chance.hpp"
#include "sim/trace.hpp"

#include <array>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ostler::sim {

/// What can happen to one request, in the order of `Swarm::rates`.
enum class Fault {
  request_lost,   ///< nothing arrives, the time runs out
  answer_lost,    ///< it is done, the time runs out
  reset,          ///< it is done, and the connection breaks instead of an answer
  late,           ///< it is done 2.5 to 28 s later, mostly after the caller gave up
  failed_before,  ///< a proxy answers 503, nothing arrives
  failed_after,   ///< it is done, and the answer is 502
  doubled,        ///< it is done twice, the second time up to 3 s later
  partition,      ///< from now on nothing reaches that target for some time
  sync_fails,     ///< a sync of the journal fails; what it was for may be lost in a power cut
  gate_bad,       ///< a gate sees a breach
  gate_blind,     ///< a gate gets no evidence
  none,
};
std::string_view to_string(Fault fault);

/// How often each fault happens in one seed: the base rates of the reference, each times a factor
/// from 0 to 3 of its own, so that some seeds see only one kind. All of them `rarity` times rarer.
struct Swarm {
  std::array<std::uint32_t, static_cast<std::size_t>(Fault::none)> per_million{};
  static Swarm of(std::uint64_t seed, std::uint32_t rarity);
};

/// One fault that happened.
struct FaultEvent {
  std::uint64_t number = 0;
  lab::Instant when{0};
  std::string what;
};

class Faults {
 public:
  /// With `only`, no other faults happen than those with these numbers.
  Faults(std::uint64_t seed, const Swarm& swarm, Trace& trace, const lab::World& world,
         std::optional<std::set<std::uint64_t>> only = {})
      : seed_(seed), swarm_(swarm), trace_(trace), world_(world), only_(std::move(only)) {}

  /// The fault of the next occasion among `kinds`, or none. `chance` is where its details come
  /// from.
  Fault draw(std::initializer_list<Fault> kinds, std::string_view where);
  /// For faults that are planned ahead (incidents): whether the one with that name happens.
  bool happens(std::string_view name, std::uint64_t number, std::string_view what);
  /// Where the newest occasion's details come from.
  Chance& details() { return details_; }
  /// From now on nothing goes wrong any more.
  void end() { ended_ = true; }
  /// Until now.
  void go_on() { ended_ = false; }
  const std::vector<FaultEvent>& events() const { return events_; }

 private:
  bool left_out(std::uint64_t number) const { return only_ && !only_->contains(number); }

  std::uint64_t seed_;
  Swarm swarm_;
  Trace& trace_;
  const lab::World& world_;
  std::optional<std::set<std::uint64_t>> only_;
  std::uint64_t occasions_ = 0;
  Chance details_{0, 0};
  bool ended_ = false;
  std::vector<FaultEvent> events_;
};

}  // namespace ostler::sim
