// Cron and queue Deployments as a release sees them: fenced together, released together, put back
// together.
#include "ostler/systems/workers.hpp"

#include "ostler/base/text.hpp"
#include "ostler/systems/workload.hpp"

namespace ostler {
namespace {

enum class Starting { no, yes };

Result<WorkersLook> look(const KubernetesLook& kubernetes, const std::string& name_space,
                         const std::vector<std::string>& workloads, Starting starting) {
  WorkersLook seen;
  seen.snapshot["workloads"] = Json::array();
  std::vector<std::string> parts;
  for (const std::string& workload : workloads) {
    const ObjectRef ref = deployment_ref(name_space, workload);
    if (starting == Starting::yes) {
      OSTLER_TRY(const RolloutLook started, look_at_rollout(kubernetes, ref));
      seen.converged = seen.converged && started.converged;
    }
    OSTLER_TRY(const Json now, get_present(kubernetes, ref));
    OSTLER_TRY(const Json snapshot, workload_snapshot(now));
    seen.snapshot["workloads"].push_back(snapshot);
    OSTLER_TRY(const std::vector<Json> pods, pods_of(kubernetes, now));
    const RolloutState rollout = rollout_state(now);
    seen.stopped = seen.stopped && wanted_replicas(now) == 0 && rollout.converged && pods.empty();
    seen.converged = seen.converged && rollout.converged;
    seen.ours = seen.ours || has_breadcrumb(now);
    parts.push_back(fmt::format("{}: {} of {} available, {} Pods", workload, rollout.available,
                                rollout.wanted, pods.size()));
  }
  seen.text = join(parts, "; ");
  return seen;
}

}  // namespace

Result<WorkersLook> look_at_workers(const KubernetesLook& kubernetes, const std::string& name_space,
                                    const std::vector<std::string>& workloads) {
  return look(kubernetes, name_space, workloads, Starting::no);
}

Result<WorkersLook> look_at_started_workers(const KubernetesLook& kubernetes,
                                            const std::string& name_space,
                                            const std::vector<std::string>& workloads) {
  return look(kubernetes, name_space, workloads, Starting::yes);
}

bool same_workers(const Json& snapshot, const Json& other) {
  const auto bare = [](const Json& value) {
    Json list = value_at(value, "/workloads");
    for (Json& one : list) one.erase("annotations");
    return list;
  };
  return bare(snapshot) == bare(other);
}

Result<void> fence_workload(Kubernetes& kubernetes, const std::string& name_space,
                            const Json& stood, const Breadcrumb& breadcrumb) {
  const ObjectRef ref = deployment_ref(name_space, text_at(stood, "/name"));
  const std::int64_t before = number_at(stood, "/replicas");
  const auto changed = change_guarded(kubernetes, ref, [&](const Json& now) -> Result<Json> {
    const std::int64_t replicas = wanted_replicas(now);
    if (replicas == 0) return Json::object();
    if (replicas != before)
      return diverged(ref.text(), fmt::format("at {} replicas", replicas),
                      fmt::format("{}", before));
    Json annotations = annotations_of(breadcrumb);
    annotations[fenced_annotation] = std::to_string(replicas);
    return Json{{"metadata", {{"annotations", std::move(annotations)}}},
                {"spec", {{"replicas", 0}}}};
  });
  if (!changed.ok()) return changed.failure();
  return {};
}

Result<void> release_workload(Kubernetes& kubernetes, const std::string& name_space,
                              const Json& stood, const std::string& image,
                              const Breadcrumb& breadcrumb) {
  const ObjectRef ref = deployment_ref(name_space, text_at(stood, "/name"));
  const std::string container = text_at(stood, "/container"), before = text_at(stood, "/image");
  const auto changed = change_guarded(kubernetes, ref, [&](const Json& now) -> Result<Json> {
    const std::string current = container_image(now, container);
    const auto fenced = annotation(now, fenced_annotation);
    if (current == image && !fenced) return Json::object();
    if (current != image && current != before)
      return diverged("the image of " + ref.text(), current, before);
    Json annotations = annotations_of(breadcrumb);
    Json patch{{"spec", Json::object()}};
    if (current != image) patch["spec"] = image_patch(now, container, image);
    if (fenced) {
      annotations[fenced_annotation] = nullptr;
      const Json count = Json::parse(*fenced, nullptr, false);
      if (!count.is_number_integer())
        return Failure{FailureKind::refused,
                       fmt::format("annotation {} of {} is '{}', expected a number",
                                   fenced_annotation, ref.text(), sanitize(*fenced)),
                       "Scale the Deployment by hand and delete the annotation.", ""};
      patch["spec"]["replicas"] = count;
    }
    patch["metadata"]["annotations"] = std::move(annotations);
    return patch;
  });
  if (!changed.ok()) return changed.failure();
  return {};
}

Result<void> restore_workers(Kubernetes& kubernetes, const std::string& name_space,
                             const Json& snapshot, const WorkersWait& wait) {
  std::vector<std::string> names;
  for (const Json& stood : value_at(snapshot, "/workloads")) {
    const ObjectRef ref = deployment_ref(name_space, text_at(stood, "/name"));
    names.push_back(text_at(stood, "/name"));
    const auto changed = restore_guarded(kubernetes, ref, [&](const Json& now) -> Result<Json> {
      OSTLER_TRY(const Json current, workload_snapshot(now));
      if (current == stood) return Json::object();
      const bool same = value_at(current, "/replicas") == value_at(stood, "/replicas") &&
                        value_at(current, "/image") == value_at(stood, "/image");
      if (!same && !has_breadcrumb(now))
        return diverged(
            ref.text(),
            fmt::format("at {} replicas of {}", wanted_replicas(now), text_at(current, "/image")),
            "as ostler left it");
      return workload_restore_patch(now, stood);
    });
    if (!changed.ok()) return changed.failure();
  }
  return wait("the workers to be as before", [&](std::string& found) -> Result<bool> {
    OSTLER_TRY(const WorkersLook seen, look_at_started_workers(kubernetes, name_space, names));
    found = seen.text;
    if (!seen.converged) return false;
    for (const Json& stood : value_at(snapshot, "/workloads")) {
      if (number_at(stood, "/replicas") > 0) continue;
      OSTLER_TRY(const RolloutLook one,
                 look_at_rollout(kubernetes, deployment_ref(name_space, text_at(stood, "/name"))));
      if (one.pods > 0) return false;
    }
    return true;
  });
}

}  // namespace ostler
