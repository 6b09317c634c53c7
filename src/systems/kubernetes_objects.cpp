// What ostler knows about Kubernetes objects without asking anyone: references, a rollout's state,
// images.
#include "ostler/base/text.hpp"
#include "ostler/systems/kubernetes.hpp"

namespace ostler {

std::string ObjectRef::text() const {
  if (name_space.empty()) return name.empty() ? kind : kind + " " + name;
  if (name.empty()) return kind + " in " + name_space;
  return kind + " " + name_space + "/" + name;
}

ObjectRef deployment_ref(std::string name_space, std::string name) {
  return {"apps/v1", "Deployment", std::move(name_space), std::move(name)};
}

ObjectRef service_ref(std::string name_space, std::string name) {
  return {"v1", "Service", std::move(name_space), std::move(name)};
}

ObjectRef job_ref(std::string name_space, std::string name) {
  return {"batch/v1", "Job", std::move(name_space), std::move(name)};
}

ObjectRef autoscaler_ref(std::string name_space, std::string name) {
  return {"autoscaling/v2", "HorizontalPodAutoscaler", std::move(name_space), std::move(name)};
}

ObjectRef config_map_ref(std::string name_space, std::string name) {
  return {"v1", "ConfigMap", std::move(name_space), std::move(name)};
}

ObjectRef traefik_service_ref(std::string name_space, std::string name) {
  return {"traefik.io/v1alpha1", "TraefikService", std::move(name_space), std::move(name)};
}

Json annotations_of(const Breadcrumb& breadcrumb) {
  return {{run_annotation, breadcrumb.run},
          {epoch_annotation, std::to_string(breadcrumb.epoch)},
          {opno_annotation, std::to_string(breadcrumb.opno)}};
}

RolloutState rollout_state(const Json& deployment) {
  RolloutState state;
  state.wanted = number_at(deployment, "/spec/replicas", 1);
  state.updated = number_at(deployment, "/status/updatedReplicas");
  state.ready = number_at(deployment, "/status/readyReplicas");
  state.available = number_at(deployment, "/status/availableReplicas");
  state.total = number_at(deployment, "/status/replicas");
  // A Deployment that no controller has seen has no observedGeneration: its numbers say nothing
  // yet.
  state.observed = number_at(deployment, "/status/observedGeneration", -1) >=
                   number_at(deployment, "/metadata/generation", 0);
  state.converged = state.observed && state.updated == state.wanted &&
                    state.total == state.updated && state.available == state.updated;
  if (const Json& conditions = value_at(deployment, "/status/conditions"); conditions.is_array()) {
    for (const Json& condition : conditions) {
      if (text_at(condition, "/type") == "Progressing" &&
          text_at(condition, "/status") == "False" &&
          text_at(condition, "/reason") == "ProgressDeadlineExceeded")
        // The condition of an older generation says nothing about this one.
        state.failed = state.observed;
    }
  }
  return state;
}

std::string RolloutState::text() const {
  if (!observed) return "the controller has not seen the change yet";
  std::string result = fmt::format("{} of {} updated, {} available", updated, wanted, available);
  if (total > updated) result += fmt::format(", {} old left", total - updated);
  if (failed) result += ", progress deadline exceeded";
  return result;
}

std::string container_image(const Json& deployment, const std::string& container) {
  const Json& containers = value_at(deployment, "/spec/template/spec/containers");
  if (!containers.is_array()) return "";
  if (container.empty()) return containers.size() == 1 ? text_at(containers[0], "/image") : "";
  for (const Json& candidate : containers)
    if (text_at(candidate, "/name") == container) return text_at(candidate, "/image");
  return "";
}

}  // namespace ostler
