// The controller of Deployments: rolls out, scales, pauses, remembers.
#pragma once

#include "lab/cluster/cluster_parts.hpp"
#include "lab/cluster/deployment_status.hpp"
#include "lab/cluster/reactions.hpp"

#include <map>
#include <unordered_map>

namespace ostler::lab {

/// Looks at a Deployment after each change of it or of its ReplicaSets, as the real controller
/// does, and makes at most one step of its rollout.
class Deployments {
 public:
  explicit Deployments(ClusterParts& parts);

  void deployment_changed(const Change& change);
  void replica_set_changed(const Change& change);
  void pod_changed(const PodChange& change);

 private:
  struct Look;
  using Sets = std::map<std::uint64_t, ReplicaSetView>;

  void react(const Name& name);
  void roll(Look& look);
  void replace(Look& look);
  void scale_only(Look& look);
  bool old_pods_run(const Look& look) const;

  const std::string& hash_of(const Json& deployment);
  void find_newest(Look& look);
  void make_newest(Look& look);
  void mark_newest(Look& look);
  bool resize(Look& look, const std::string& set, std::int64_t replicas, bool always = false);
  void note_pause(Look& look) const;
  void prune(const Look& look);
  void finish(Look& look, Judging judging);

  ClusterParts& parts_;
  Reactions reactions_;
  std::unordered_map<std::string, Sets> sets_;    ///< by the Deployment's uid
  std::unordered_map<std::string, Name> owners_;  ///< the Deployment of each ReplicaSet's uid
  std::uint64_t made_ = 0;
  struct Hashed {
    std::int64_t generation = -1;
    std::string hash;
  };
  std::unordered_map<std::string, Hashed> hashes_;
};

}  // namespace ostler::lab
