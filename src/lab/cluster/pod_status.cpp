// What a kubelet writes into its Pods' statuses.
#include "lab/cluster/pod_status.hpp"

#include "lab/objects/json_fields.hpp"

#include <fmt/format.h>

#include <iterator>

namespace ostler::lab {
namespace {

using State = ContainerRun::State;

/// A value that only ever stands for the same container.
std::string container_id(const ContainerRun& run) {
  return fmt::format("containerd://{}-{}", run.uid, run.restarts);
}

Json state_of(const ContainerRun& run) {
  switch (run.state) {
    case State::running:
      return {{"running", {{"startedAt", run.started_at}}}};
    case State::ended:
      return {{"terminated", terminated_state(run)}};
    case State::waiting: {
      Json waiting{{"reason", run.reason}};
      if (!run.message.empty()) waiting["message"] = run.message;
      return {{"waiting", std::move(waiting)}};
    }
    case State::creating:
      break;
  }
  return {{"waiting", {{"reason", "ContainerCreating"}}}};
}

std::string phase_of(const ContainerRun& run, const Json& pod) {
  const std::string& policy = text_of(field(pod, "spec", "restartPolicy"));
  if (run.state == State::ended &&
      (policy == "Never" || (policy == "OnFailure" && !*run.exit_code)))
    return *run.exit_code == 0 ? "Succeeded" : "Failed";
  const bool has_run = run.state == State::running || run.state == State::ended || run.restarts > 0;
  return has_run || !run.last_state.empty() ? "Running" : "Pending";
}

Json statuses_of(const ContainerRun& run, const Json& pod) {
  Json statuses = Json::array();
  for (const Json& container : field(pod, "spec", "containers")) {
    const std::string& image = text_of(field(container, "image"));
    const bool has_run = run.state != State::creating && !run.started_at.empty();
    Json one{{"name", text_of(field(container, "name"))},
             {"image", image},
             {"imageID", has_run ? image : ""},
             {"ready", run.ready},
             {"started", run.started},
             {"restartCount", run.restarts},
             {"lastState", run.last_state},
             {"state", state_of(run)}};
    if (has_run) one["containerID"] = container_id(run);
    statuses.push_back(std::move(one));
  }
  return statuses;
}

}  // namespace

Json terminated_state(const ContainerRun& run) {
  return {{"exitCode", *run.exit_code},
          {"reason", *run.exit_code == 0 ? "Completed" : "Error"},
          {"startedAt", run.started_at},
          {"finishedAt", run.finished_at},
          {"containerID", container_id(run)}};
}

std::string node_address(const Nodes& nodes, const std::string& node) {
  const auto found = nodes.all().find(node);
  return fmt::format("10.99.0.{}", 1 + std::distance(nodes.all().begin(), found));
}

Json pod_status(const ContainerRun& run, const Json& before, const std::string& node_address,
                const World& world) {
  const Json& pod = *run.object;
  Json status = object_of(before);
  const std::string phase = phase_of(run, pod);
  const bool over = phase == "Succeeded" || phase == "Failed";
  status["phase"] = phase;
  status["hostIP"] = node_address;
  status["hostIPs"] = Json::array({{{"ip", node_address}}});
  if (!status.contains("startTime")) status["startTime"] = timestamp(world);
  if (run.state != State::creating) {
    status["podIP"] = run.pod.address;
    status["podIPs"] = Json::array({{{"ip", run.pod.address}}});
  }
  const std::string unready = fmt::format("containers with unready status: [{}]", run.container);
  const std::string reason = phase == "Succeeded" ? "PodCompleted"
                             : phase == "Failed"  ? "PodFailed"
                                                  : "ContainersNotReady";
  Json& conditions = status["conditions"];
  const auto set = [&](const char* type, bool good) {
    set_condition(conditions,
                  good ? Condition{type, "True", "", ""}
                       : Condition{type, "False", reason, over ? "" : unready},
                  world, ConditionTimes::probe);
  };
  set_condition(conditions,
                {"PodReadyToStartContainers",
                 run.state == State::creating || over ? "False" : "True", "", ""},
                world, ConditionTimes::probe);
  set_condition(conditions, {"Initialized", "True", over ? "PodCompleted" : "", ""}, world,
                ConditionTimes::probe);
  set("Ready", run.ready);
  set("ContainersReady", run.ready);
  set_condition(conditions, {"PodScheduled", "True", "", ""}, world, ConditionTimes::probe);
  status["containerStatuses"] = statuses_of(run, pod);
  return status;
}

}  // namespace ostler::lab
