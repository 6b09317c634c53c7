// The scheduler: gives each Pod a node.
#pragma once

#include "lab/cluster/cluster_parts.hpp"
#include "lab/cluster/nodes.hpp"
#include "lab/cluster/reactions.hpp"

#include <set>

namespace ostler::lab {

/// Chooses among the nodes on which a Pod fits the one whose zone, then which itself, has the
/// fewest Pods of its kind, then the least used. What fits nowhere waits until a node or a Pod on
/// one changes.
class Scheduler {
 public:
  Scheduler(ClusterParts& parts, const Nodes& nodes);

  void pod_changed(const PodChange& change);
  void node_changed(const Change& change);

 private:
  struct Counts;
  void react(const Name& name);
  Counts alike(const PodView& pod) const;
  const NodeView* choose(const PodView& pod, std::string& why_not) const;
  void refuse(const PodView& pod, const std::string& why_not);
  void try_again();

  ClusterParts& parts_;
  const Nodes& nodes_;
  Reactions reactions_;
  std::set<Name> waiting_;
};

}  // namespace ostler::lab
