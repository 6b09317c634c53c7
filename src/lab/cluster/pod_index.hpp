// All Pods of the cluster, as its controllers look them up.
#pragma once

#include "lab/cluster/quantities.hpp"
#include "lab/objects/object_parts.hpp"

#include <map>
#include <memory>
#include <unordered_map>

namespace ostler::lab {

/// A Pod as the controllers see it; made anew with each of its changes and never changed.
struct PodView {
  Name name;
  std::string uid, owner_kind, owner_name, owner_uid;
  std::string node, address, phase;
  std::shared_ptr<const Json> object;
  std::uint64_t order = 0;  ///< in which the cluster's Pods were made
  Instant ready_since{0};   ///< of whole seconds
  std::int64_t restarts = 0, deletion_cost = 0;
  Resources requests, limits;
  bool ready = false, terminating = false;

  const Json& labels() const;
  bool ended() const { return phase == "Succeeded" || phase == "Failed"; }
  bool active() const { return !terminating && !ended(); }
};
using PodPointer = std::shared_ptr<const PodView>;

/// One change of one Pod; `before` is null for a new one, `after` for one that is gone.
struct PodChange {
  PodPointer before, after;
  const PodView& any() const { return after ? *after : *before; }
};

class PodIndex {
 public:
  explicit PodIndex(World& world) : world_(world) {}

  using Owned = std::map<std::uint64_t, PodPointer>;

  PodChange take(const Change& change);
  /// Null when there is none.
  PodPointer find(const Name& name) const;
  /// The Pods whose controller has that uid, oldest first.
  const Owned& owned_by(const std::string& uid) const;
  /// Calls `visit` with each Pod of the namespace, by name.
  template <typename Visit>
  void each_in(const std::string& name_space, Visit visit) const {
    for (auto pod = pods_.lower_bound({name_space, ""});
         pod != pods_.end() && pod->first.name_space == name_space; ++pod)
      visit(pod->second);
  }

 private:
  PodPointer view(const Change& change, const PodPointer& before);

  World& world_;
  std::map<Name, PodPointer> pods_;
  std::unordered_map<std::string, Owned> owned_;
  std::uint64_t made_ = 0;
};

}  // namespace ostler::lab
