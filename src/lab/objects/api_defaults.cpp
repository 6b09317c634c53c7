// Defaults of built-in kinds (kubernetes' pkg/apis/*/v1/defaults.go), as far as anybody can notice.
#include "lab/objects/api_defaults.hpp"

#include "ostler/base/text.hpp"

#include <functional>
#include <map>

namespace ostler::lab {
namespace {

void set(Json& object, const char* name, Json value) {
  auto [place, unused] = object.emplace(name, nullptr);
  if (place->is_null()) *place = std::move(value);
}

/// The member as an object, made when it is not there.
Json& within(Json& object, const char* name) {
  Json& member = object[name];
  if (member.is_null()) member = Json::object();
  return member;
}

bool is_latest(const std::string& image) {
  if (image.find('@') != std::string::npos) return false;
  const std::size_t colon = image.rfind(':');
  const std::size_t slash = image.rfind('/');
  if (colon == std::string::npos || (slash != std::string::npos && colon < slash)) return true;
  return image.substr(colon + 1) == "latest";
}

void default_probe(Json& container, const char* name) {
  const auto probe = container.find(name);
  if (probe == container.end() || !probe->is_object()) return;
  set(*probe, "timeoutSeconds", 1);
  set(*probe, "periodSeconds", 10);
  set(*probe, "successThreshold", 1);
  set(*probe, "failureThreshold", 3);
  if (const auto get = probe->find("httpGet"); get != probe->end() && get->is_object()) {
    set(*get, "path", "/");
    set(*get, "scheme", "HTTP");
  }
}

void default_container(Json& container) {
  if (!container.is_object()) return;
  set(container, "terminationMessagePath", "/dev/termination-log");
  set(container, "terminationMessagePolicy", "File");
  set(container, "imagePullPolicy",
      is_latest(text_at(container, "/image")) ? "Always" : "IfNotPresent");
  set(container, "resources", Json::object());
  // Limits stand in for requests that are not there.
  if (const auto limits = container["resources"].find("limits");
      limits != container["resources"].end() && limits->is_object()) {
    const Json copy = *limits;
    for (const auto& [name, value] : copy.items())
      within(container["resources"], "requests").emplace(name, value);
  }
  if (const auto ports = container.find("ports"); ports != container.end())
    for (Json& port : *ports) set(port, "protocol", "TCP");
  for (const char* probe : {"readinessProbe", "livenessProbe", "startupProbe"})
    default_probe(container, probe);
}

void default_pod_spec(Json& spec) {
  set(spec, "restartPolicy", "Always");
  set(spec, "dnsPolicy", "ClusterFirst");
  set(spec, "schedulerName", "default-scheduler");
  set(spec, "securityContext", Json::object());
  set(spec, "terminationGracePeriodSeconds", 30);
  for (const char* list : {"containers", "initContainers"})
    if (const auto containers = spec.find(list); containers != spec.end() && containers->is_array())
      for (Json& container : *containers) default_container(container);
}

void default_template(Json& spec) {
  Json& pattern = within(spec, "template");
  within(pattern, "metadata");
  default_pod_spec(within(pattern, "spec"));
}

void default_deployment(Json& object) {
  Json& spec = within(object, "spec");
  set(spec, "replicas", 1);
  set(spec, "revisionHistoryLimit", 10);
  set(spec, "progressDeadlineSeconds", 600);
  Json& strategy = within(spec, "strategy");
  set(strategy, "type", "RollingUpdate");
  if (strategy["type"] == "RollingUpdate") {
    Json& update = within(strategy, "rollingUpdate");
    set(update, "maxSurge", "25%");
    set(update, "maxUnavailable", "25%");
  }
  default_template(spec);
}

void default_replica_set(Json& object) {
  Json& spec = within(object, "spec");
  set(spec, "replicas", 1);
  default_template(spec);
}

void default_stateful_set(Json& object) {
  Json& spec = within(object, "spec");
  set(spec, "replicas", 1);
  set(spec, "revisionHistoryLimit", 10);
  set(spec, "podManagementPolicy", "OrderedReady");
  Json& strategy = within(spec, "updateStrategy");
  set(strategy, "type", "RollingUpdate");
  if (strategy["type"] == "RollingUpdate") set(within(strategy, "rollingUpdate"), "partition", 0);
  default_template(spec);
}

void default_job(Json& object) {
  Json& spec = within(object, "spec");
  set(spec, "backoffLimit", 6);
  if (!spec.contains("parallelism")) set(spec, "completions", 1);
  set(spec, "parallelism", 1);
  set(spec, "completionMode", "NonIndexed");
  set(spec, "suspend", false);
  set(spec, "manualSelector", false);
  set(spec, "podReplacementPolicy",
      spec.contains("podFailurePolicy") ? "Failed" : "TerminatingOrFailed");
  default_template(spec);
}

void default_cron_job(Json& object) {
  Json& spec = within(object, "spec");
  set(spec, "concurrencyPolicy", "Allow");
  set(spec, "suspend", false);
  set(spec, "successfulJobsHistoryLimit", 3);
  set(spec, "failedJobsHistoryLimit", 1);
  default_template(within(within(spec, "jobTemplate"), "spec"));
}

void default_service(Json& object) {
  Json& spec = within(object, "spec");
  set(spec, "type", "ClusterIP");
  set(spec, "sessionAffinity", "None");
  if (spec["type"] != "ExternalName") {
    set(spec, "internalTrafficPolicy", "Cluster");
    set(spec, "ipFamilies", Json::array({"IPv4"}));
    set(spec, "ipFamilyPolicy", "SingleStack");
  }
  const auto ports = spec.find("ports");
  if (ports == spec.end() || !ports->is_array()) return;
  for (Json& port : *ports) {
    set(port, "protocol", "TCP");
    set(port, "targetPort", port.value("port", Json{}));
  }
}

void default_autoscaler(Json& object) {
  Json& spec = within(object, "spec");
  set(spec, "minReplicas", 1);
  if (!spec.contains("metrics"))
    spec["metrics"] = Json::parse(R"([{"type":"Resource","resource":{"name":"cpu",
        "target":{"type":"Utilization","averageUtilization":80}}}])");
  const auto behavior = spec.find("behavior");
  if (behavior == spec.end() || !behavior->is_object()) return;
  const Json percent = Json::parse(R"({"type":"Percent","value":100,"periodSeconds":15})");
  const Json pods = Json::parse(R"({"type":"Pods","value":4,"periodSeconds":15})");
  Json& up = within(*behavior, "scaleUp");
  set(up, "stabilizationWindowSeconds", 0);
  set(up, "selectPolicy", "Max");
  set(up, "policies", Json::array({pods, percent}));
  Json& down = within(*behavior, "scaleDown");
  set(down, "selectPolicy", "Max");
  set(down, "policies", Json::array({percent}));
}

void default_pod(Json& object) {
  Json& spec = within(object, "spec");
  default_pod_spec(spec);
  set(spec, "enableServiceLinks", true);
  set(spec, "preemptionPolicy", "PreemptLowerPriority");
  set(spec, "priority", 0);
  set(spec, "serviceAccountName", "default");
  set(spec, "serviceAccount", spec["serviceAccountName"]);
  Json& status = within(object, "status");
  set(status, "phase", "Pending");
}

void default_namespace(Json& object) {
  set(within(object["metadata"], "labels"), "kubernetes.io/metadata.name",
      object["metadata"].value("name", ""));
  set(within(object, "spec"), "finalizers", Json::array({"kubernetes"}));
  set(within(object, "status"), "phase", "Active");
}

}  // namespace

void set_defaults(Json& object) {
  static const std::map<std::string, std::function<void(Json&)>, std::less<>> by_kind{
      {"Deployment", default_deployment},
      {"ReplicaSet", default_replica_set},
      {"StatefulSet", default_stateful_set},
      {"Job", default_job},
      {"CronJob", default_cron_job},
      {"Service", default_service},
      {"HorizontalPodAutoscaler", default_autoscaler},
      {"Pod", default_pod},
      {"Namespace", default_namespace},
      {"Secret", [](Json& secret) { set(secret, "type", "Opaque"); }},
  };
  const auto found = by_kind.find(text_at(object, "/kind"));
  if (found != by_kind.end()) found->second(object);
}

void label_job(Json& job) {
  Json& spec = job["spec"];
  if (flag_at(spec, "/manualSelector")) return;
  const Json& uid = job["metadata"]["uid"];
  const Json& name = job["metadata"]["name"];
  Json& labels = within(within(within(spec, "template"), "metadata"), "labels");
  labels["batch.kubernetes.io/controller-uid"] = uid;
  labels["controller-uid"] = uid;
  labels["batch.kubernetes.io/job-name"] = name;
  labels["job-name"] = name;
  spec["selector"] = {{"matchLabels", {{"batch.kubernetes.io/controller-uid", uid}}}};
}

}  // namespace ostler::lab
