// The arithmetic of a Deployment's rollout: how many Pods each ReplicaSet shall have next.
#pragma once

#include "lab/objects/object_parts.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ostler::lab {

/// A ReplicaSet as its Deployment sees it.
struct ReplicaSetView {
  Name name;
  std::string uid, owner_uid, template_hash;
  std::shared_ptr<const Json> object;
  std::uint64_t order = 0;  ///< in which the cluster's ReplicaSets were made
  std::int64_t wanted = 0, pods = 0, ready = 0, available = 0, terminating = 0;
  std::int64_t revision = 0;
  std::optional<std::int64_t> desired, most;  ///< annotations: what the Deployment wanted with it
  bool observed = false;                      ///< its controller has seen the newest generation
};
using ReplicaSets = std::span<const ReplicaSetView>;

/// What a Deployment asks for, with the API server's defaults filled in.
struct RolloutRules {
  explicit RolloutRules(const Json& deployment);

  std::int64_t replicas = 1, surge = 0, unavailable = 0, ready_seconds = 0;
  std::optional<std::int64_t> deadline_seconds, history;
  bool rolling = true, paused = false;
};

/// The sums over ReplicaSets.
std::int64_t wanted_of(ReplicaSets sets);
std::int64_t available_of(ReplicaSets sets);
std::int64_t pods_of(ReplicaSets sets);

/// A new number of Pods for the ReplicaSet of that name.
struct Scaling {
  std::string name;
  std::int64_t replicas = 0;
};

/// How many Pods the newest ReplicaSet may have, which has `has` now, when all together have `all`.
std::int64_t next_size(const RolloutRules& rules, std::int64_t all, std::int64_t has);
/// Which old ReplicaSets may shrink now: first by what is not available, then by what is not
/// needed.
std::vector<Scaling> shrinking(const RolloutRules& rules, ReplicaSets old,
                               const ReplicaSetView& newest);
/// Spreads a changed number of replicas over the ReplicaSets in proportion to their sizes.
std::vector<Scaling> proportional(const RolloutRules& rules, ReplicaSets sets,
                                  std::int64_t status_replicas);

}  // namespace ostler::lab
