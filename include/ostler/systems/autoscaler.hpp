#pragma once

#include "ostler/base/json.hpp"
#include "ostler/base/result.hpp"
#include "ostler/systems/kubernetes.hpp"

#include <string>

namespace ostler {

/// Kept on a held HorizontalPodAutoscaler: minimum and behaviour from before, as JSON, so that it
/// can be released without any journal.
inline constexpr const char* held_annotation = "ostler.dev/held";

/// {"minReplicas": number or null, "behavior": object or null, "annotations": ours as they stand}.
Json autoscaler_snapshot(const Json& autoscaler);
/// Equal minimum and behaviour; our annotations do not count.
bool same_autoscaling(const Json& one, const Json& other);
/// It carries our note and does not scale down.
bool is_held(const Json& autoscaler);
/// "minimum 2, 4 running, scaling down"
std::string autoscaler_text(const Json& autoscaler);

/// How many replicas run now: of the autoscaler's status, or of the Deployment that it scales.
Result<std::int64_t> replicas_now(const KubernetesLook& kubernetes, const Json& autoscaler);
/// The merge patch that holds: the minimum at `replicas` (within the maximum), scaling down
/// disabled, the note.
Json hold_patch(const Json& autoscaler, std::int64_t replicas, const Breadcrumb& breadcrumb);
/// The merge patch that gives back what the note says. A note that cannot be read is `refused`.
Result<Json> release_patch(const Json& autoscaler, const Breadcrumb& breadcrumb);
/// Puts the snapshot back, guarded. `refused` with code "diverged" when somebody else changed it
/// since.
Result<void> restore_autoscaler(Kubernetes& kubernetes, const ObjectRef& ref, const Json& snapshot);

}  // namespace ostler
