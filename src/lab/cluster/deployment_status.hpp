// What a Deployment's status says about its rollout.
#pragma once

#include "lab/cluster/rollout.hpp"

namespace ostler::lab {

/// A Deployment with its ReplicaSets at one look of its controller.
struct RolloutScene {
  const Json& deployment;
  const RolloutRules& rules;
  ReplicaSets all;  ///< the newest included
  const ReplicaSetView* newest = nullptr;
};

/// Whether progress is to be judged, or only to be counted (while paused or scaled).
enum class Judging { counts_only, progress };

/// The status that the Deployment shall have, from the conditions as they stand.
Json deployment_status(const RolloutScene& scene, Json conditions, const World& world,
                       Judging judging);
/// Whether that status says that everything asked for is there.
bool rollout_complete(const Json& deployment, const Json& status, const RolloutRules& rules);
/// When the rollout will have had no progress for too long; nothing when that cannot be.
std::optional<Instant> progress_deadline(const RolloutScene& scene, const Json& status,
                                         const World& world);

}  // namespace ostler::lab
