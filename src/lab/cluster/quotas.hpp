// What ResourceQuotas allow the controllers to create, and what of it is used.
#pragma once

#include "lab/cluster/cluster_parts.hpp"
#include "lab/cluster/reactions.hpp"

#include <map>
#include <optional>

namespace ostler::lab {

/// Keeps the use of each namespace as Pods come, end and go, and each quota's status with it.
class Quotas {
 public:
  explicit Quotas(ClusterParts& parts);

  void quota_changed(const Change& change);
  void pod_changed(const PodChange& change);

  /// Why that Pod must not be created, in the API server's words; nothing when it may.
  std::optional<std::string> refusal(const Json& pod) const;

 private:
  using Amounts = std::map<std::string, std::int64_t>;  ///< thousandths or bytes, by resource
  void react(const Name& name);

  ClusterParts& parts_;
  Reactions reactions_;
  std::map<Name, Amounts> hard_;
  std::map<std::string, Amounts> used_;  ///< by namespace
};

}  // namespace ostler::lab
