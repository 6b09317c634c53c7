// What a controller still has to look at: one planned reaction per object, however often it
// changed.
#include "lab/cluster/reactions.hpp"

namespace ostler::lab {

Reactions::Reactions(World& world, Instant delay, React react)
    : world_(world), delay_(delay), react_(std::move(react)) {}

void Reactions::at(const Name& name, Instant when) {
  const auto [found, fresh] = planned_.try_emplace(name, Planned{when, 0});
  if (!fresh) {
    if (found->second.when <= when) return;
    world_.cancel(found->second.ticket);
  }
  found->second = {when, world_.at(when, [this, name] {
                     planned_.erase(name);
                     react_(name);
                   })};
}

}  // namespace ostler::lab
