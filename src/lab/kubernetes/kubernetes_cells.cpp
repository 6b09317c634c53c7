// The rows of tables, kind by kind (kubernetes' pkg/printers/internalversion/printers.go).
#include "lab/kubernetes/kubernetes_cells.hpp"

#include "lab/kubernetes/kubernetes_tables.hpp"

#include "ostler/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace ostler::lab {
namespace {

std::string since(const Json& object, std::string_view pointer, WallTime now) {
  const auto time = parse_utc(text_at(object, pointer));
  if (!time) return "<unknown>";
  return human_duration(std::chrono::duration_cast<std::chrono::seconds>(now - *time));
}

std::string name_of(const Json& object) {
  return text_at(object, "/metadata/name");
}

std::string shown(const Json& value, std::string_view otherwise) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_null() ? std::string(otherwise) : to_bytes(value);
}

std::string or_none(const Json& object, std::string_view pointer) {
  const std::string text = text_at(object, pointer);
  return text.empty() ? "<none>" : text;
}

/// One member of every item of a list, joined.
std::string joined(const Json& list, const char* pointer) {
  std::vector<std::string> parts;
  if (list.is_array())
    for (const Json& item : list) parts.push_back(shown(value_at(item, pointer), ""));
  return join(parts, ",");
}

std::string pairs(const Json& labels) {
  std::vector<std::string> parts;
  if (labels.is_object())
    for (const auto& [name, value] : labels.items()) parts.push_back(name + "=" + shown(value, ""));
  return parts.empty() ? "<none>" : join(parts, ",");
}

void add_pattern(Json& cells, const Json& object) {
  const Json& containers = value_at(object, "/spec/template/spec/containers");
  cells.push_back(joined(containers, "/name"));
  cells.push_back(joined(containers, "/image"));
}

const Json& condition(const Json& object, std::string_view type) {
  static const Json none;
  const Json& conditions = value_at(object, "/status/conditions");
  if (!conditions.is_array()) return none;
  for (const Json& candidate : conditions)
    if (text_at(candidate, "/type") == type) return candidate;
  return none;
}

bool holds(const Json& object, std::string_view type) {
  return text_at(condition(object, type), "/status") == "True";
}

/// What a container's state says of the Pod, or an empty text.
std::string state_reason(const Json& status) {
  if (const std::string waiting = text_at(status, "/state/waiting/reason"); !waiting.empty())
    return waiting;
  const Json& ended = value_at(status, "/state/terminated");
  if (!ended.is_object()) return "";
  const std::string reason = text_at(ended, "/reason");
  return reason.empty() ? fmt::format("ExitCode:{}", number_at(ended, "/exitCode")) : reason;
}

struct PodLook {
  std::string reason;
  std::int64_t restarts = 0, ready = 0;
  std::string last_restart;
};

PodLook look_at_pod(const Json& pod) {
  PodLook look;
  look.reason = text_at(pod, "/status/reason", text_at(pod, "/status/phase"));
  const Json& containers = value_at(pod, "/status/containerStatuses");
  bool running = false;
  std::string error;
  for (std::size_t at = containers.is_array() ? containers.size() : 0; at-- > 0;) {
    const Json& status = containers[at];
    look.restarts += number_at(status, "/restartCount");
    look.last_restart =
        std::max(look.last_restart, text_at(status, "/lastState/terminated/finishedAt"));
    if (const std::string reason = state_reason(status); !reason.empty()) {
      look.reason = reason;
      if (number_at(status, "/state/terminated/exitCode") != 0) error = reason;
    } else if (flag_at(status, "/ready") && value_at(status, "/state/running").is_object()) {
      running = true;
      ++look.ready;
    }
  }
  if (look.reason == "Completed") {
    if (running)
      look.reason = holds(pod, "Ready") ? "Running" : "NotReady";
    else if (!error.empty())
      look.reason = error;
  }
  const std::string phase = text_at(pod, "/status/phase");
  if (value_at(pod, "/metadata/deletionTimestamp").is_string() && phase != "Succeeded" &&
      phase != "Failed")
    look.reason = "Terminating";
  return look;
}

std::string metrics_of(const Json& autoscaler) {
  const Json& metrics = value_at(autoscaler, "/spec/metrics");
  if (!metrics.is_array() || metrics.empty()) return "<none>";
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < metrics.size(); ++at) {
    const Json& metric = metrics[at];
    const std::string now = fmt::format("/status/currentMetrics/{}/resource/current", at);
    if (text_at(metric, "/type") != "Resource") {
      parts.emplace_back("<unknown>");
      continue;
    }
    const Json& target = value_at(metric, "/resource/target/averageUtilization");
    const std::string name = text_at(metric, "/resource/name");
    if (target.is_number()) {
      const Json& used = value_at(autoscaler, now + "/averageUtilization");
      parts.push_back(fmt::format("{}: {}/{}%", name,
                                  used.is_number() ? to_bytes(used) + "%" : "<unknown>",
                                  target.get<std::int64_t>()));
    } else {
      parts.push_back(fmt::format("{}: {}/{}", name,
                                  text_at(autoscaler, now + "/averageValue", "<unknown>"),
                                  text_at(metric, "/resource/target/averageValue", "<auto>")));
    }
  }
  if (parts.size() <= 2) return join(parts, ", ");
  return fmt::format("{}, {} + {} more...", parts[0], parts[1], parts.size() - 2);
}

std::size_t entries(const Json& object, const char* member) {
  return value_at(object, std::string("/") + member).size();
}

}  // namespace

std::string age(const Json& object, WallTime now) {
  return since(object, "/metadata/creationTimestamp", now);
}

Json pod_cells(const Json& pod, WallTime now) {
  const PodLook look = look_at_pod(pod);
  std::string restarts = std::to_string(look.restarts);
  if (const auto last = parse_utc(look.last_restart); look.restarts != 0 && last)
    restarts += fmt::format(
        " ({} ago)", human_duration(std::chrono::duration_cast<std::chrono::seconds>(now - *last)));
  return Json::array(
      {name_of(pod), fmt::format("{}/{}", look.ready, value_at(pod, "/spec/containers").size()),
       look.reason, restarts, age(pod, now), or_none(pod, "/status/podIP"),
       or_none(pod, "/spec/nodeName"), or_none(pod, "/status/nominatedNodeName"), "<none>"});
}

Json deployment_cells(const Json& deployment, WallTime now) {
  Json cells =
      Json::array({name_of(deployment),
                   fmt::format("{}/{}", number_at(deployment, "/status/readyReplicas"),
                               number_at(deployment, "/spec/replicas")),
                   number_at(deployment, "/status/updatedReplicas"),
                   number_at(deployment, "/status/availableReplicas"), age(deployment, now)});
  add_pattern(cells, deployment);
  cells.push_back(pairs(value_at(deployment, "/spec/selector/matchLabels")));
  return cells;
}

Json replica_set_cells(const Json& set, WallTime now) {
  Json cells = Json::array({name_of(set), number_at(set, "/spec/replicas"),
                            number_at(set, "/status/replicas"),
                            number_at(set, "/status/readyReplicas"), age(set, now)});
  add_pattern(cells, set);
  cells.push_back(pairs(value_at(set, "/spec/selector/matchLabels")));
  return cells;
}

Json stateful_set_cells(const Json& set, WallTime now) {
  Json cells = Json::array({name_of(set),
                            fmt::format("{}/{}", number_at(set, "/status/readyReplicas"),
                                        number_at(set, "/spec/replicas")),
                            age(set, now)});
  add_pattern(cells, set);
  return cells;
}

Json job_cells(const Json& job, WallTime now) {
  std::string status = "Running";
  for (const char* type : {"SuccessCriteriaMet", "FailureTarget", "Suspended"})
    if (holds(job, type)) status = type;
  if (value_at(job, "/metadata/deletionTimestamp").is_string()) status = "Terminating";
  for (const char* type : {"Failed", "Complete"})
    if (holds(job, type)) status = type;
  std::string duration;
  if (const auto start = parse_utc(text_at(job, "/status/startTime"))) {
    const auto end = parse_utc(text_at(job, "/status/completionTime"));
    duration = human_duration(
        std::chrono::duration_cast<std::chrono::seconds>(end.value_or(now) - *start));
  }
  Json cells = Json::array({name_of(job), status,
                            fmt::format("{}/{}", number_at(job, "/status/succeeded"),
                                        number_at(job, "/spec/completions", 1)),
                            duration, age(job, now)});
  add_pattern(cells, job);
  cells.push_back(pairs(value_at(job, "/spec/selector/matchLabels")));
  return cells;
}

Json service_cells(const Json& service, WallTime now) {
  std::vector<std::string> ports;
  if (const Json& list = value_at(service, "/spec/ports"); list.is_array())
    for (const Json& port : list)
      ports.push_back(
          fmt::format("{}/{}", number_at(port, "/port"), text_at(port, "/protocol", "TCP")));
  const std::string type = text_at(service, "/spec/type");
  return Json::array({name_of(service), type, or_none(service, "/spec/clusterIP"),
                      type == "LoadBalancer" ? "<pending>" : "<none>",
                      ports.empty() ? "<none>" : join(ports, ","), age(service, now),
                      pairs(value_at(service, "/spec/selector"))});
}

Json autoscaler_cells(const Json& autoscaler, WallTime now) {
  return Json::array({name_of(autoscaler),
                      text_at(autoscaler, "/spec/scaleTargetRef/kind") + "/" +
                          text_at(autoscaler, "/spec/scaleTargetRef/name"),
                      metrics_of(autoscaler),
                      shown(value_at(autoscaler, "/spec/minReplicas"), "<unset>"),
                      number_at(autoscaler, "/spec/maxReplicas"),
                      number_at(autoscaler, "/status/currentReplicas"), age(autoscaler, now)});
}

Json budget_cells(const Json& budget, WallTime now) {
  return Json::array({name_of(budget), shown(value_at(budget, "/spec/minAvailable"), "N/A"),
                      shown(value_at(budget, "/spec/maxUnavailable"), "N/A"),
                      number_at(budget, "/status/disruptionsAllowed"), age(budget, now)});
}

Json node_cells(const Json& node, WallTime now) {
  const std::string ready = text_at(condition(node, "Ready"), "/status");
  std::string status = ready.empty() ? "Unknown" : ready == "True" ? "Ready" : "NotReady";
  if (flag_at(node, "/spec/unschedulable")) status += ",SchedulingDisabled";
  std::string internal = "<none>";
  if (const Json& addresses = value_at(node, "/status/addresses"); addresses.is_array())
    for (const Json& address : addresses)
      if (text_at(address, "/type") == "InternalIP") internal = text_at(address, "/address");
  const Json& info = value_at(node, "/status/nodeInfo");
  return Json::array({name_of(node), status, "<none>", age(node, now),
                      text_at(info, "/kubeletVersion"), internal, "<none>",
                      text_at(info, "/osImage", "<unknown>"),
                      text_at(info, "/kernelVersion", "<unknown>"),
                      text_at(info, "/containerRuntimeVersion", "<unknown>")});
}

Json event_cells(const Json& event, WallTime now) {
  std::string kind = text_at(event, "/involvedObject/kind");
  for (char& letter : kind)
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  const std::string first = since(event, "/firstTimestamp", now);
  const std::string last =
      text_at(event, "/lastTimestamp").empty() ? first : since(event, "/lastTimestamp", now);
  return Json::array({last, text_at(event, "/type"), text_at(event, "/reason"),
                      kind + "/" + text_at(event, "/involvedObject/name"),
                      text_at(event, "/involvedObject/fieldPath"),
                      text_at(event, "/source/component"), trim(text_at(event, "/message")), first,
                      number_at(event, "/count", 1), name_of(event)});
}

Json namespace_cells(const Json& name_space, WallTime now) {
  return Json::array(
      {name_of(name_space), text_at(name_space, "/status/phase"), age(name_space, now)});
}

Json config_map_cells(const Json& map, WallTime now) {
  return Json::array({name_of(map),
                      std::to_string(entries(map, "data") + entries(map, "binaryData")),
                      age(map, now)});
}

Json secret_cells(const Json& secret, WallTime now) {
  return Json::array({name_of(secret), text_at(secret, "/type"),
                      std::to_string(entries(secret, "data")), age(secret, now)});
}

Json lease_cells(const Json& lease, WallTime now) {
  return Json::array({name_of(lease), text_at(lease, "/spec/holderIdentity"), age(lease, now)});
}

Json endpoint_slice_cells(const Json& slice, WallTime now) {
  const Json& ports = value_at(slice, "/ports");
  const Json& endpoints = value_at(slice, "/endpoints");
  std::vector<std::string> addresses;
  if (endpoints.is_array())
    for (const Json& endpoint : endpoints) addresses.push_back(text_at(endpoint, "/addresses/0"));
  std::string shown_addresses = addresses.empty() ? "<unset>" : "";
  for (std::size_t at = 0; at < std::min<std::size_t>(3, addresses.size()); ++at)
    shown_addresses += (at == 0 ? "" : ",") + addresses[at];
  if (addresses.size() > 3) shown_addresses += fmt::format(" + {} more...", addresses.size() - 3);
  return Json::array({name_of(slice), text_at(slice, "/addressType"),
                      ports.is_array() && !ports.empty() ? joined(ports, "/port") : "<unset>",
                      shown_addresses, age(slice, now)});
}

}  // namespace ostler::lab
