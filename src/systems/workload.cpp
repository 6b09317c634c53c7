// What several kinds of steps know about Deployments, their Pods and Services: looking, guarded
// changes, remembering and putting back.
#include "ostler/systems/workload.hpp"

#include "ostler/base/plant.hpp"
#include "ostler/base/text.hpp"

#include <set>

namespace ostler {
namespace {

constexpr int conflicts_allowed = 5;
/// Longer than the Pods that go away meanwhile take for it.
constexpr Milliseconds blocked_at_most{60'000};

std::optional<std::string> container_trouble(const Json& status) {
  static const std::set<std::string> hopeless{"CrashLoopBackOff",  "ErrImagePull",
                                              "ImagePullBackOff",  "InvalidImageName",
                                              "ErrImageNeverPull", "CreateContainerError",
                                              "RunContainerError", "CreateContainerConfigError"};
  const std::string waiting = text_at(status, "/state/waiting/reason");
  if (hopeless.contains(waiting)) {
    const std::string message = text_at(status, "/state/waiting/message");
    return waiting + (message.empty() ? "" : " (" + message + ")");
  }
  if (flag_at(status, "/ready")) return std::nullopt;
  for (const char* state : {"/state/terminated", "/lastState/terminated"}) {
    const Json& ended = value_at(status, state);
    const std::int64_t code = number_at(ended, "/exitCode");
    if (!ended.is_object() || code == 0) continue;
    const std::string reason = text_at(ended, "/reason", "Error");
    return fmt::format("ended with exit code {} ({})", code, reason);
  }
  return std::nullopt;
}

std::string last_words(const KubernetesLook& kubernetes, const std::string& name_space,
                       const std::string& pod, const std::string& container) {
  const auto log = kubernetes.pod_log(name_space, pod, {container, 5, 64u << 10});
  if (!log.ok()) return "";
  const std::string words = trim(*log);
  return words.empty() ? "" : ", its last lines: " + sanitize(words, Lines::escape, 800);
}

/// Whether the Pod was made from the Deployment's template as it stands now, as far as images tell.
bool has_wanted_images(const Json& pod, const Json& deployment) {
  for (const Json& wanted : value_at(deployment, "/spec/template/spec/containers"))
    for (const Json& one : value_at(pod, "/spec/containers"))
      if (text_at(one, "/name") == text_at(wanted, "/name") &&
          text_at(one, "/image") != text_at(wanted, "/image"))
        return false;
  return true;
}

/// Why Pods of the wanted image cannot start, if one cannot.
std::optional<Failure> start_trouble(const KubernetesLook& kubernetes, const Json& deployment,
                                     const std::vector<Json>& pods) {
  const std::string name_space = text_at(deployment, "/metadata/namespace");
  for (const Json& pod : pods) {
    if (value_at(pod, "/metadata/deletionTimestamp").is_string()) continue;
    if (!has_wanted_images(pod, deployment)) continue;
    for (const char* list : {"/status/initContainerStatuses", "/status/containerStatuses"}) {
      for (const Json& status : value_at(pod, list)) {
        const auto trouble = container_trouble(status);
        if (!trouble) continue;
        const std::string name = text_at(pod, "/metadata/name");
        const std::string container = text_at(status, "/name");
        return Failure{FailureKind::permanent,
                       fmt::format("container {} of Pod {}/{} does not start: {}{}", container,
                                   name_space, name, sanitize(*trouble),
                                   last_words(kubernetes, name_space, name, container)),
                       fmt::format("Read its log with: kubectl -n {} logs {} -c {}", name_space,
                                   name, container),
                       "NotStarting"};
      }
    }
  }
  return std::nullopt;
}

/// Why the controller cannot make Pods, or an empty text.
std::string creation_trouble(const Json& deployment) {
  for (const Json& condition : value_at(deployment, "/status/conditions"))
    if (text_at(condition, "/type") == "ReplicaFailure" && text_at(condition, "/status") == "True")
      return sanitize(text_at(condition, "/message"), Lines::escape, 300);
  return "";
}

std::string labels_text(const Json& labels) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : labels.items())
    if (value.is_string()) parts.push_back(name + "=" + value.get<std::string>());
  return join(parts, ",");
}

}  // namespace

Json merge_patch_between(const Json& from, const Json& to) {
  if (!from.is_object() || !to.is_object()) return to;
  Json patch = Json::object();
  for (const auto& [name, unused] : from.items())
    if (!to.contains(name)) patch[name] = nullptr;
  for (const auto& [name, value] : to.items()) {
    if (!from.contains(name)) {
      patch[name] = value;
    } else if (from.at(name) != value) {
      patch[name] = merge_patch_between(from.at(name), value);
    }
  }
  return patch;
}

std::optional<std::string> annotation(const Json& object, const std::string& name) {
  const Json& annotations = value_at(object, "/metadata/annotations");
  if (!annotations.is_object() || !annotations.contains(name)) return std::nullopt;
  const Json& value = annotations.at(name);
  if (!value.is_string()) return std::nullopt;
  return value.get<std::string>();
}

Json breadcrumbs_of(const Json& object) {
  Json result = Json::object();
  for (const char* name : {run_annotation, epoch_annotation, opno_annotation}) {
    const auto value = annotation(object, name);
    result[name] = value ? Json(*value) : Json(nullptr);
  }
  return result;
}

bool has_breadcrumb(const Json& object) {
  return annotation(object, run_annotation).has_value();
}

Failure diverged(const std::string& object, const std::string& found, const std::string& expected) {
  return {FailureKind::refused, fmt::format("{} is {}, expected {}", object, found, expected),
          "Somebody else changed it: find out who, put it right, then resume or abort the run.",
          "diverged"};
}

Result<Json> get_present(const KubernetesLook& kubernetes, const ObjectRef& ref) {
  OSTLER_TRY(std::optional<Json> found, kubernetes.get(ref));
  if (!found)
    return Failure{FailureKind::refused, ref.text() + " is not there",
                   "Check the names in the environment file against the cluster.", "404"};
  return *std::move(found);
}

namespace {

using Decide = std::function<Result<Json>(const Json& now)>;
using Settle = std::function<Result<Json>(const Json& now)>;

/// Patches guarded until no conflict is left; what there is nothing to patch in is left to
/// `settle`.
Result<Json> patch_guarded(Kubernetes& kubernetes, const ObjectRef& ref, const Decide& decide,
                           const Settle& settle) {
  for (int conflicts = 0; conflicts < conflicts_allowed; ++conflicts) {
    OSTLER_TRY(Json now, get_present(kubernetes, ref));
    OSTLER_TRY(Json patch, decide(now));
    Result<Json> done = [&] {
      if (patch.empty()) return settle(now);
      if (!planted("no_guard"))
        patch["metadata"]["resourceVersion"] = text_at(now, "/metadata/resourceVersion");
      return kubernetes.merge_patch(ref, patch);
    }();
    if (done.ok() || done.failure().code != "Conflict") return done;
    if (planted("own_conflict_foreign")) return diverged(ref.text(), "changed", "as it was read");
  }
  return Failure{FailureKind::refused,
                 fmt::format("{} was changed by somebody else {} times while it was to be changed",
                             ref.text(), conflicts_allowed),
                 "Pause whatever keeps writing to it (a GitOps controller, an autoscaler).",
                 "diverged"};
}

/// Gives the object a new resourceVersion and leaves it as it is. A patch that changes nothing does
/// not do that, so an annotation comes and goes. It goes unguarded: its controller may have
/// answered the first patch already (a Deployment's generation grows with its annotations), and to
/// take away a note of ours is right whatever stands there.
Result<Json> touch(Kubernetes& kubernetes, const ObjectRef& ref, const Json& now) {
  const std::string version = text_at(now, "/metadata/resourceVersion");
  OSTLER_CHECK(kubernetes.merge_patch(
      ref, {{"metadata",
             {{"resourceVersion", version}, {"annotations", {{touched_annotation, version}}}}}}));
  return kubernetes.merge_patch(ref,
                                {{"metadata", {{"annotations", {{touched_annotation, nullptr}}}}}});
}

}  // namespace

Result<Json> change_guarded(Kubernetes& kubernetes, const ObjectRef& ref, const Decide& decide) {
  return patch_guarded(kubernetes, ref, decide,
                       [](const Json& now) -> Result<Json> { return now; });
}

Result<Json> restore_guarded(Kubernetes& kubernetes, const ObjectRef& ref, const Decide& decide) {
  return patch_guarded(kubernetes, ref, decide, [&](const Json& now) -> Result<Json> {
    if (planted("no_touch")) return now;
    return touch(kubernetes, ref, now);
  });
}

Result<std::string> main_container(const Json& deployment) {
  const Json& containers = value_at(deployment, "/spec/template/spec/containers");
  if (containers.is_array() && containers.size() == 1) return text_at(containers.at(0), "/name");
  if (containers.is_array())
    for (const Json& container : containers)
      if (text_at(container, "/name") == "odoo") return std::string("odoo");
  return Failure{FailureKind::refused,
                 fmt::format("Deployment {}/{} has {} containers, and none is named odoo",
                             text_at(deployment, "/metadata/namespace"),
                             text_at(deployment, "/metadata/name"), containers.size()),
                 "Name the container that runs Odoo `odoo`.", ""};
}

Json image_patch(const Json& deployment, const std::string& container, const std::string& image) {
  Json containers = value_at(deployment, "/spec/template/spec/containers");
  for (Json& one : containers)
    if (text_at(one, "/name") == container) one["image"] = image;
  return {{"template", {{"spec", {{"containers", std::move(containers)}}}}}};
}

std::int64_t wanted_replicas(const Json& deployment) {
  return number_at(deployment, "/spec/replicas", 1);
}

Result<Json> workload_snapshot(const Json& deployment) {
  OSTLER_TRY(const std::string container, main_container(deployment));
  Json annotations = breadcrumbs_of(deployment);
  const auto fenced = annotation(deployment, fenced_annotation);
  annotations[fenced_annotation] = fenced ? Json(*fenced) : Json(nullptr);
  return Json{{"name", text_at(deployment, "/metadata/name")},
              {"replicas", wanted_replicas(deployment)},
              {"image", container_image(deployment, container)},
              {"container", container},
              {"annotations", std::move(annotations)}};
}

Json workload_restore_patch(const Json& now, const Json& snapshot) {
  const std::string container = text_at(snapshot, "/container");
  const std::string image = text_at(snapshot, "/image");
  Json patch = Json::object();
  if (container_image(now, container) != image) patch["spec"] = image_patch(now, container, image);
  if (wanted_replicas(now) != number_at(snapshot, "/replicas"))
    patch["spec"]["replicas"] = number_at(snapshot, "/replicas");
  const Json& annotations = value_at(snapshot, "/annotations");
  for (const auto& [name, value] : annotations.items()) {
    const auto current = annotation(now, name);
    if ((current ? Json(*current) : Json(nullptr)) != value)
      patch["metadata"]["annotations"][name] = value;
  }
  return patch;
}

Result<std::vector<Json>> pods_of(const KubernetesLook& kubernetes, const Json& deployment) {
  const std::string labels = labels_text(value_at(deployment, "/spec/selector/matchLabels"));
  return kubernetes.list({"v1", "Pod", text_at(deployment, "/metadata/namespace"), ""},
                         {labels, ""});
}

Result<RolloutLook> look_at_rollout(const KubernetesLook& kubernetes, const ObjectRef& ref) {
  OSTLER_TRY(const Json deployment, get_present(kubernetes, ref));
  const RolloutState state = rollout_state(deployment);
  OSTLER_TRY(const std::vector<Json> pods, pods_of(kubernetes, deployment));
  if (!state.converged) {
    if (auto trouble = start_trouble(kubernetes, deployment, pods)) return *trouble;
    if (state.failed && state.observed)
      return Failure{FailureKind::permanent,
                     fmt::format("the rollout of {} does not get on: {}", ref.text(), state.text()),
                     "Look at the events of its Pods: kubectl describe pod.",
                     "ProgressDeadlineExceeded"};
  }
  RolloutLook look{state.converged, static_cast<std::int64_t>(pods.size()), state.text(), ""};
  if (!state.converged) look.blocked = creation_trouble(deployment);
  if (!look.blocked.empty()) look.text += "; no further Pod is made: " + look.blocked;
  return look;
}

Result<RolloutLook> RolloutWatch::look() {
  OSTLER_TRY(RolloutLook seen, look_at_rollout(kubernetes_, ref_));
  if (seen.blocked.empty()) {
    blocked_since_.reset();
    return seen;
  }
  if (!blocked_since_) blocked_since_ = clock_.boot();
  if (clock_.boot() - *blocked_since_ < BootTime(blocked_at_most)) return seen;
  return Failure{FailureKind::permanent,
                 fmt::format("no further Pod of {} is made: {}", ref_.text(), seen.blocked),
                 "Make room: raise the namespace's ResourceQuota, or remove what fills it.",
                 "FailedCreate"};
}

Result<ServiceAddresses> addresses_of(const KubernetesLook& kubernetes,
                                      const std::string& name_space, const std::string& service,
                                      int port) {
  OSTLER_TRY(const Json object, get_present(kubernetes, service_ref(name_space, service)));
  std::optional<std::string> port_name;
  for (const Json& one : value_at(object, "/spec/ports"))
    if (number_at(one, "/port") == port) port_name = text_at(one, "/name");
  if (!port_name)
    return Failure{FailureKind::refused,
                   fmt::format("Service {}/{} has no port {}", name_space, service, port), "", ""};
  OSTLER_TRY(const std::vector<Json> slices,
             kubernetes.list({"discovery.k8s.io/v1", "EndpointSlice", name_space, ""},
                             {"kubernetes.io/service-name=" + service, ""}));
  std::set<std::string> ready, serving;
  for (const Json& slice : slices) {
    for (const Json& one : value_at(slice, "/ports")) {
      if (text_at(one, "/name") != *port_name) continue;
      for (const Json& endpoint : value_at(slice, "/endpoints")) {
        const bool is_ready = flag_at(endpoint, "/conditions/ready", true);
        const bool is_serving = flag_at(endpoint, "/conditions/serving", is_ready);
        const bool terminating = flag_at(endpoint, "/conditions/terminating", false);
        for (const Json& address : value_at(endpoint, "/addresses")) {
          if (!address.is_string()) continue;
          const std::string ip = address.get<std::string>();
          const std::string text =
              fmt::format(fmt::runtime(ip.find(':') == std::string::npos ? "{}:{}" : "[{}]:{}"), ip,
                          number_at(one, "/port"));
          if (is_ready && !terminating) ready.insert(text);
          if (is_serving) serving.insert(text);
        }
      }
    }
  }
  return ServiceAddresses{{ready.begin(), ready.end()}, {serving.begin(), serving.end()}};
}

}  // namespace ostler
