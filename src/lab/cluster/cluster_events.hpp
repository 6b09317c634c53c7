// The events that the cluster writes for its operators.
#pragma once

#include "lab/objects/object_parts.hpp"

#include <deque>
#include <map>

namespace ostler::lab {

enum class EventType { normal, warning };

/// What happened to an object, for people.
struct Occurrence {
  EventType type;
  std::string reason, message;
  std::string component;  ///< "kubelet", "deployment-controller", …
};

/// Writes v1 Events; the same occurrence once more is counted in its Event, and only the newest two
/// hundred are kept.
class ClusterEvents {
 public:
  ClusterEvents(World& world, Objects& objects) : world_(world), objects_(objects) {}

  void tell(const Json& about, const Occurrence& occurrence);

 private:
  struct Told {
    std::string key;
    Name name;
  };
  World& world_;
  Objects& objects_;
  std::map<std::string, std::pair<Name, int>> counts_;
  std::deque<Told> told_;
};

}  // namespace ostler::lab
