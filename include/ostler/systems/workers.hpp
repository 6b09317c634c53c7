#pragma once

#include "ostler/base/json.hpp"
#include "ostler/base/result.hpp"
#include "ostler/systems/kubernetes.hpp"

#include <functional>
#include <string>
#include <vector>

namespace ostler {

/// Deployments that work in the background (cron, queue), looked at together.
struct WorkersLook {
  Json snapshot;          ///< {"workloads": [workload_snapshot(...), ...]}
  bool stopped = true;    ///< all at 0 replicas and without a Pod
  bool converged = true;  ///< all rolled out as specified
  bool ours = false;      ///< some carry our breadcrumb
  std::string text;       ///< "odoo-cron 0 of 1, 1 Pod; odoo-queue ..."
};
Result<WorkersLook> look_at_workers(const KubernetesLook& kubernetes, const std::string& name_space,
                                    const std::vector<std::string>& workloads);
/// The same while they start: a container that cannot start is a `permanent` failure.
Result<WorkersLook> look_at_started_workers(const KubernetesLook& kubernetes,
                                            const std::string& name_space,
                                            const std::vector<std::string>& workloads);

/// Equal replicas and images; our annotations do not count.
bool same_workers(const Json& snapshot, const Json& other);

/// Scales one to 0 and notes its replicas on it. `stood` is its entry in the snapshot.
Result<void> fence_workload(Kubernetes& kubernetes, const std::string& name_space,
                            const Json& stood, const Breadcrumb& breadcrumb);
/// Gives one the image and the replicas that the fence noted on it.
Result<void> release_workload(Kubernetes& kubernetes, const std::string& name_space,
                              const Json& stood, const std::string& image,
                              const Breadcrumb& breadcrumb);

using WorkersWait = std::function<Result<void>(
    const std::string& what, const std::function<Result<bool>(std::string& found)>& look)>;
/// Puts all back to the snapshot, whichever step changed them since, and waits until that is so.
Result<void> restore_workers(Kubernetes& kubernetes, const std::string& name_space,
                             const Json& snapshot, const WorkersWait& wait);

}  // namespace ostler
