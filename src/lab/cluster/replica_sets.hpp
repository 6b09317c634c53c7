// The controller of ReplicaSets: makes Pods from a pattern, and takes away those that are too many.
#pragma once

#include "lab/cluster/cluster_parts.hpp"
#include "lab/cluster/quotas.hpp"
#include "lab/cluster/reactions.hpp"

namespace ostler::lab {

/// A Pod from a workload's pattern, owned by it: `<owner>-<5 letters>`.
Json pod_from(const Json& pattern, const Json& owner, World& world);

/// Looks at a ReplicaSet after each change of it or of its Pods.
class ReplicaSetController {
 public:
  ReplicaSetController(ClusterParts& parts, Quotas& quotas);

  void replica_set_changed(const Change& change);
  void pod_changed(const PodChange& change);

 private:
  void react(const Name& name);
  /// Makes what is missing; why it could not, or nothing.
  std::optional<std::string> make(const Name& name, const Json& set, std::int64_t missing);
  void take_away(std::vector<PodPointer> active, std::size_t many);
  void tell(const Name& name, const Json& set, const std::optional<std::string>& trouble);

  ClusterParts& parts_;
  Quotas& quotas_;
  Reactions reactions_;
  std::map<Name, Instant> patience_;  ///< how long to wait after Pods that could not be made
};

}  // namespace ostler::lab
