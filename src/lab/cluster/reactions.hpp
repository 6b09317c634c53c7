// What a controller still has to look at: one planned reaction per object, however often it
// changed.
#pragma once

#include "lab/objects/object_parts.hpp"

#include <functional>
#include <map>

namespace ostler::lab {

/// The work queue of one controller. Each object has at most one planned reaction, the earliest
/// that was asked for; whoever reacts looks at everything anew and asks again for what is later.
class Reactions {
 public:
  using React = std::function<void(const Name&)>;
  Reactions(World& world, Instant delay, React react);

  /// React once the controller has noticed the change.
  void soon(const Name& name) { at(name, world_.now() + delay_); }
  /// React at that time, unless an earlier reaction is planned.
  void at(const Name& name, Instant when);

 private:
  struct Planned {
    Instant when;
    World::Ticket ticket;
  };
  World& world_;
  Instant delay_;
  React react_;
  std::map<Name, Planned> planned_;
};

}  // namespace ostler::lab
