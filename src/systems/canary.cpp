// How a canary is made from the stable workload: its Deployment, its Service, and what both are
// remembered by.
#include "ostler/systems/canary.hpp"

#include "ostler/base/text.hpp"
#include "ostler/systems/workload.hpp"

namespace ostler {
namespace {

bool chooses(const Json& selector, const Json& labels) {
  if (!selector.is_object() || selector.empty()) return false;
  for (const auto& [name, value] : selector.items())
    if (!labels.contains(name) || labels.at(name) != value) return false;
  return true;
}

/// The web Pods' labels, changed where needed so that no selector of the stable side chooses the
/// canary's Pods.
Json canary_labels(const CanaryAim& aim, const Json& web, const Json& stable_service) {
  Json labels = value_at(web, "/spec/template/metadata/labels");
  if (!labels.is_object()) labels = Json::object();
  labels.erase("pod-template-hash");
  labels["app"] = aim.workload;
  for (const Json& selector :
       {value_at(stable_service, "/spec/selector"), value_at(web, "/spec/selector/matchLabels")})
    if (chooses(selector, labels)) labels[selector.begin().key()] = aim.workload;
  return labels;
}

/// Spread constraints and affinities that mean "Pods like me" must mean the canary's Pods.
void follow_labels(Json& value, const Json& from, const Json& to) {
  if (value.is_object() && value.contains("matchLabels") && value["matchLabels"].is_object()) {
    for (const auto& [name, text] : value["matchLabels"].items())
      if (from.contains(name) && from.at(name) == text && to.contains(name)) text = to.at(name);
  }
  if (value.is_structured())
    for (Json& member : value) follow_labels(member, from, to);
}

void set_variable(Json& container, const std::string& name, const std::string& value) {
  Json& list = container["env"];
  if (!list.is_array()) list = Json::array();
  for (Json& one : list)
    if (text_at(one, "/name") == name) {
      one = {{"name", name}, {"value", value}};
      return;
    }
  list.push_back({{"name", name}, {"value", value}});
}

void add_argument(Json& container, const std::string& option, const std::string& value) {
  for (const char* list : {"command", "args"}) {
    if (!container.contains(list)) continue;
    for (const Json& word : container[list])
      if (word.is_string() && starts_with(word.get<std::string>(), option)) return;
  }
  if (!container.contains("args") || !container["args"].is_array())
    container["args"] = Json::array();
  container["args"].push_back(option + "=" + value);
}

/// A canary that is merely slow must not fall out of its Service: Traefik drops a whole route, the
/// old version with it, when one of its children has no endpoint left. The gate sees a bad canary
/// long before this patience ends.
void be_patient(Json& container) {
  constexpr std::int64_t misses = 30;
  if (!container.contains("readinessProbe")) return;
  Json& probe = container["readinessProbe"];
  probe["failureThreshold"] = std::max(misses, number_at(probe, "/failureThreshold", 3));
}

Json metadata_of(const CanaryAim& aim, const std::string& name, const Json& source,
                 const Breadcrumb& breadcrumb) {
  Json labels = value_at(source, "/metadata/labels");
  if (!labels.is_object()) labels = Json::object();
  labels["app"] = aim.workload;
  return {{"name", name},
          {"namespace", aim.name_space},
          {"labels", std::move(labels)},
          {"annotations", annotations_of(breadcrumb)}};
}

bool looks_secret(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
  for (const char* part : {"PASSW", "SECRET", "TOKEN", "KEY", "CREDENTIAL", "DSN", "URL"})
    if (name.find(part) != std::string::npos) return true;
  return false;
}

constexpr const char* left_out = "ostler.dev/left-out";

void each_variable(Json& object, const std::function<void(const std::string&, Json&)>& visit) {
  for (const char* list : {"containers", "initContainers"}) {
    const Json::json_pointer at{std::string("/spec/template/spec/") + list};
    if (!object.contains(at)) continue;
    for (Json& container : object[at])
      if (container.contains("env"))
        for (Json& variable : container["env"]) visit(text_at(container, "/name"), variable);
  }
}

}  // namespace

Result<Json> canary_deployment(const CanaryAim& aim, const Json& web, const Json& stable_service,
                               const Breadcrumb& breadcrumb) {
  OSTLER_TRY(const std::string main, main_container(web));
  const Json labels = canary_labels(aim, web, stable_service);
  Json spec = Json::object();
  for (const char* name :
       {"strategy", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"})
    if (value_at(web, "/spec").contains(name)) spec[name] = web["spec"][name];
  Json pods = value_at(web, "/spec/template");
  const Json stable_labels = value_at(pods, "/metadata/labels");
  pods["metadata"].erase("creationTimestamp");
  pods["metadata"]["labels"] = labels;
  for (const char* name : {"affinity", "topologySpreadConstraints"})
    if (pods["spec"].contains(name) && stable_labels.is_object())
      follow_labels(pods["spec"][name], stable_labels, labels);
  for (Json& container : pods["spec"]["containers"]) {
    if (text_at(container, "/name") != main) continue;
    container["image"] = aim.image;
    set_variable(container, "ODOO_QUEUE_JOB_CHANNELS", "root:0");
    add_argument(container, "--max-cron-threads", "0");
    be_patient(container);
  }
  spec["replicas"] = aim.replicas;
  spec["selector"] = {{"matchLabels", {{"app", aim.workload}}}};
  spec["template"] = std::move(pods);
  Json metadata = metadata_of(aim, aim.workload, web, breadcrumb);
  metadata["annotations"][copied_from_annotation] = aim.web_workload;
  metadata["annotations"][canary_service_annotation] = aim.service;
  return Json{{"apiVersion", "apps/v1"},
              {"kind", "Deployment"},
              {"metadata", std::move(metadata)},
              {"spec", std::move(spec)}};
}

Result<Json> canary_service(const CanaryAim& aim, const Json& stable_service,
                            const Breadcrumb& breadcrumb) {
  Json ports = Json::array();
  bool has_port = false;
  for (Json port : value_at(stable_service, "/spec/ports")) {
    has_port = has_port || number_at(port, "/port") == aim.port;
    port.erase("nodePort");
    ports.push_back(std::move(port));
  }
  if (!has_port)
    return Failure{
        FailureKind::refused,
        fmt::format("Service {}/{} has no port {}", aim.name_space, aim.stable_service, aim.port),
        "Set `port` of the cell to a port of its web Service.", ""};
  Json spec{{"ports", std::move(ports)}, {"selector", {{"app", aim.workload}}}};
  if (text_at(stable_service, "/spec/clusterIP") == "None") spec["clusterIP"] = "None";
  return Json{{"apiVersion", "v1"},
              {"kind", "Service"},
              {"metadata", metadata_of(aim, aim.service, stable_service, breadcrumb)},
              {"spec", std::move(spec)}};
}

Json remembered(const Json& object) {
  Json kept = object;
  kept.erase("status");
  for (const char* name :
       {"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"})
    kept["metadata"].erase(name);
  if (kept["metadata"].contains("annotations"))
    kept["metadata"]["annotations"].erase("deployment.kubernetes.io/revision");
  if (text_at(kept, "/kind") == "Service" && text_at(kept, "/spec/clusterIP") != "None")
    for (const char* name : {"clusterIP", "clusterIPs"}) kept["spec"].erase(name);
  each_variable(kept, [](const std::string&, Json& variable) {
    if (variable.contains("value") && looks_secret(text_at(variable, "/name")))
      variable = {{"name", variable["name"]}, {left_out, true}};
  });
  return kept;
}

Result<Json> canary_snapshot(const KubernetesLook& kubernetes, const std::string& name_space,
                             const std::string& workload, const std::string& service) {
  OSTLER_TRY(const auto deployment, kubernetes.get(deployment_ref(name_space, workload)));
  std::string name = service;
  if (name.empty() && deployment)
    name = annotation(*deployment, canary_service_annotation).value_or("");
  std::optional<Json> front;
  if (!name.empty()) {
    OSTLER_TRY(front, kubernetes.get(service_ref(name_space, name)));
  }
  return Json{{"deployment", deployment ? remembered(*deployment) : Json(nullptr)},
              {"service", front ? remembered(*front) : Json(nullptr)},
              {"service_name", name}};
}

Result<std::string> still_routed(const KubernetesLook& kubernetes, const TraefikLook& traefik,
                                 const std::string& name_space, const std::string& service) {
  OSTLER_TRY(const std::vector<Json> routes,
             kubernetes.list(traefik_service_ref(name_space, ""), {}));
  for (const Json& route : routes)
    for (const Json& child : value_at(route, "/spec/weighted/services"))
      if (text_at(child, "/name") == service)
        return fmt::format("route {} lists {}", text_at(route, "/metadata/name"), service);
  OSTLER_TRY(const std::vector<Proxy> proxies, traefik.proxies());
  for (const Json& route : routes) {
    const std::string name = text_at(route, "/metadata/name");
    const auto loaded = traefik.loaded(proxies, name_space, name);
    for (std::size_t i = 0; i < proxies.size(); ++i) {
      if (!loaded[i].ok()) return loaded[i].failure();
      for (const auto& child : loaded[i]->children)
        if (child.service == service)
          return fmt::format("{} has {} loaded for route {}", proxies[i].name, service, name);
    }
  }
  return std::string();
}

namespace {

/// Puts the values back that `remembered` left out, from the object as it stands or from the
/// workload it was copied from.
Result<Json> filled(const KubernetesLook& kubernetes, Json object, const std::optional<Json>& now) {
  std::vector<Json> sources;
  if (now) sources.push_back(*now);
  if (const auto from = annotation(object, copied_from_annotation)) {
    OSTLER_TRY(auto web,
               kubernetes.get(deployment_ref(text_at(object, "/metadata/namespace"), *from)));
    if (web) sources.push_back(*std::move(web));
  }
  std::string missing;
  each_variable(object, [&](const std::string& container, Json& variable) {
    if (!variable.contains(left_out)) return;
    const std::string name = text_at(variable, "/name");
    for (Json& source : sources)
      each_variable(source, [&](const std::string& other, const Json& one) {
        if (variable.contains(left_out) && other == container && text_at(one, "/name") == name)
          variable = one;
      });
    if (variable.contains(left_out)) missing = name;
  });
  if (missing.empty()) return object;
  return Failure{
      FailureKind::refused,
      fmt::format(
          "the value of variable {} of Deployment {} is not known any more, since secrets are not "
          "journaled",
          missing, text_at(object, "/metadata/name")),
      "Apply the Deployment's manifest again.", ""};
}

Result<void> restore_object(Kubernetes& kubernetes, const ObjectRef& ref, const Json& snapshot) {
  OSTLER_TRY(const std::optional<Json> now, kubernetes.get(ref));
  OSTLER_TRY(const Json wanted, filled(kubernetes, snapshot, now));
  if (!now) {
    const auto created = kubernetes.create(wanted);
    if (!created.ok() && created.failure().code != "AlreadyExists") return created.failure();
    if (created.ok()) return {};
  }
  const auto changed = restore_guarded(kubernetes, ref, [&](const Json& current) -> Result<Json> {
    if (remembered(current) == snapshot) return Json::object();
    if (!has_breadcrumb(current)) return diverged(ref.text(), "not ours", "the one from before");
    OSTLER_TRY(const Json stands, filled(kubernetes, remembered(current), current));
    return merge_patch_between(stands, wanted);
  });
  if (!changed.ok()) return changed.failure();
  return {};
}

}  // namespace

Result<void> remove_canary(Kubernetes& kubernetes, const TraefikLook& traefik,
                           const std::string& name_space, const std::string& workload,
                           const std::string& service, const CanaryWait& wait) {
  const ObjectRef ref = deployment_ref(name_space, workload),
                  front = service_ref(name_space, service);
  OSTLER_TRY(const std::optional<Json> now, kubernetes.get(ref));
  std::optional<Json> before_it;
  if (!service.empty()) {
    OSTLER_TRY(before_it, kubernetes.get(front));
  }
  for (const auto& object : {now, before_it})
    if (object && !has_breadcrumb(*object))
      return diverged(
          object->value("kind", "") + " " + name_space + "/" + text_at(*object, "/metadata/name"),
          "not made by ostler", "ours");
  if (!service.empty())
    OSTLER_CHECK(
        wait("every proxy to let go of " + service, [&](std::string& found) -> Result<bool> {
          OSTLER_TRY(found, still_routed(kubernetes, traefik, name_space, service));
          return found.empty();
        }));
  if (now) OSTLER_CHECK(kubernetes.remove(ref, text_at(*now, "/metadata/uid")));
  OSTLER_CHECK(
      wait("the Pods of " + ref.text() + " to end", [&](std::string& found) -> Result<bool> {
        OSTLER_TRY(const std::vector<Json> pods,
                   kubernetes.list({"v1", "Pod", name_space, ""}, {"app=" + workload, ""}));
        found = fmt::format("{} Pods of {} still there", pods.size(), workload);
        return pods.empty();
      }));
  if (before_it) return kubernetes.remove(front, text_at(*before_it, "/metadata/uid"));
  return {};
}

Result<void> restore_canary(Kubernetes& kubernetes, const TraefikLook& traefik,
                            const std::string& name_space, const std::string& workload,
                            const Json& snapshot, const CanaryWait& wait) {
  const std::string service = text_at(snapshot, "/service_name");
  const Json& deployment = value_at(snapshot, "/deployment");
  if (!deployment.is_object()) {
    // A Service that stood there before is not the canary's.
    const bool had_service = value_at(snapshot, "/service").is_object();
    return remove_canary(kubernetes, traefik, name_space, workload, had_service ? "" : service,
                         wait);
  }
  const ObjectRef ref = deployment_ref(name_space, workload);
  OSTLER_CHECK(restore_object(kubernetes, ref, deployment));
  if (value_at(snapshot, "/service").is_object())
    OSTLER_CHECK(restore_object(kubernetes, service_ref(name_space, service),
                                value_at(snapshot, "/service")));
  return wait("the rollout of " + ref.text(), [&](std::string& found) -> Result<bool> {
    OSTLER_TRY(const RolloutLook seen, look_at_rollout(kubernetes, ref));
    found = seen.text;
    return seen.converged;
  });
}

}  // namespace ostler
