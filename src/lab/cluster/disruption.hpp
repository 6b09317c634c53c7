// The controller of PodDisruptionBudgets.
#pragma once

#include "lab/cluster/cluster_parts.hpp"
#include "lab/cluster/reactions.hpp"

#include <map>
#include <set>

namespace ostler::lab {

/// Says how many Pods an eviction may take away now.
class DisruptionBudgets {
 public:
  explicit DisruptionBudgets(ClusterParts& parts);

  void budget_changed(const Change& change);
  void pod_changed(const PodChange& change);
  /// A Deployment of the namespace may have another number of replicas.
  void deployment_changed(const Change& change);

 private:
  struct Budget {
    Json selector;
    std::set<Name> members;
  };
  void react(const Name& name);
  std::int64_t expected_of(const std::vector<PodPointer>& pods) const;

  ClusterParts& parts_;
  Reactions reactions_;
  std::map<Name, Budget> budgets_;
};

}  // namespace ostler::lab
