// Rolling out, running Jobs and keeping EndpointSlices in memory.
#include "tests/fakes/fake_controllers.hpp"

#include <fmt/format.h>

namespace ostler {

namespace {

std::string identity(const Json& object) {
  return object["metadata"].value("uid", "");
}

Json status(std::int64_t generation, std::int64_t total, std::int64_t updated,
            std::int64_t available, const std::string& reason) {
  const bool failed = reason == "ProgressDeadlineExceeded";
  return {{"observedGeneration", generation},
          {"replicas", total},
          {"updatedReplicas", updated},
          {"readyReplicas", available},
          {"availableReplicas", available},
          {"conditions", Json::array({{{"type", "Progressing"},
                                       {"status", failed ? "False" : "True"},
                                       {"reason", reason}}})}};
}

void keep_endpoints(FakeKubernetes& cluster, const std::string& name_space) {
  for (const Json& service : cluster.objects("Service", name_space)) {
    const Json wanted = service["spec"].value("selector", Json::object());
    if (wanted.empty()) continue;
    std::string selector;
    for (const auto& [name, value] : wanted.items())
      selector += name + "=" + value.get<std::string>() + ",";
    const std::string place = service["metadata"]["namespace"].get<std::string>();
    Json endpoints = Json::array(), ports = Json::array();
    for (const Json& pod : cluster.objects("Pod", place)) {
      const Json state = pod.value("status", Json::object());
      if (state.value("phase", "") != "Running" ||
          !labels_fit(pod["metadata"].value("labels", Json::object()), selector))
        continue;
      const Json conditions = state.value("conditions", Json::array());
      bool ready = false;
      for (const Json& condition : conditions)
        if (condition.value("type", "") == "Ready") ready = condition.value("status", "") == "True";
      Json endpoint = Json::object();
      endpoint["addresses"] = Json::array({state.value("podIP", "")});
      endpoint["conditions"] = {{"ready", ready}, {"serving", ready}, {"terminating", false}};
      endpoint["targetRef"] = {{"kind", "Pod"}, {"name", pod["metadata"]["name"]}};
      endpoints.push_back(endpoint);
    }
    for (const Json& port : service["spec"].value("ports", Json::array())) {
      const Json target = port.value("targetPort", port.value("port", Json{}));
      ports.push_back({{"name", port.value("name", "")},
                       {"port", target.is_number() ? target : port.value("port", Json{})}});
    }
    const std::string name = service["metadata"]["name"].get<std::string>();
    Json slice{{"apiVersion", "discovery.k8s.io/v1"}, {"kind", "EndpointSlice"}};
    slice["metadata"] = {{"name", name + "-fake"}, {"namespace", place}};
    slice["metadata"]["labels"]["kubernetes.io/service-name"] = name;
    slice["metadata"]["ownerReferences"] =
        Json::array({{{"kind", "Service"}, {"name", name}, {"uid", identity(service)}}});
    slice["addressType"] = "IPv4";
    slice["endpoints"] = endpoints;
    slice["ports"] = ports;
    cluster.put(slice);
  }
}

void start_job_pod(FakeKubernetes& cluster, const Json& job, const ObjectRef& pod) {
  const Json& pattern = job["spec"]["template"];
  Json object{{"apiVersion", "v1"}, {"kind", "Pod"}, {"spec", pattern["spec"]}};
  object["metadata"] = pattern.value("metadata", Json::object());
  object["metadata"]["name"] = pod.name;
  object["metadata"]["namespace"] = pod.name_space;
  object["metadata"]["labels"]["batch.kubernetes.io/job-name"] = job["metadata"]["name"];
  object["metadata"]["labels"]["job-name"] = job["metadata"]["name"];
  object["metadata"]["ownerReferences"] =
      Json::array({{{"kind", "Job"}, {"name", job["metadata"]["name"]}, {"uid", identity(job)}}});
  object["status"]["phase"] = "Running";
  cluster.put(object);
}

}  // namespace

FakeControllers::FakeControllers(FakeKubernetes& kubernetes) {
  kubernetes.on_look([this](FakeKubernetes& cluster, const ObjectRef& ref) { look(cluster, ref); });
}

void FakeControllers::look(FakeKubernetes& cluster, const ObjectRef& ref) {
  static const std::set<std::string> around{"Pod", "ReplicaSet", "EndpointSlice"};
  if (ref.kind == "Deployment" || around.count(ref.kind) > 0) {
    for (const Json& deployment : cluster.objects("Deployment", ref.name_space))
      if (ref.kind != "Deployment" || ref.name.empty() ||
          deployment["metadata"]["name"] == ref.name)
        roll(cluster, deployment);
    forget_removed(cluster);
    keep_endpoints(cluster, ref.name_space);
  }
  if (ref.kind == "Job" || ref.kind == "Pod")
    for (const Json& job : cluster.objects("Job", ref.name_space))
      if (ref.kind != "Job" || ref.name.empty() || job["metadata"]["name"] == ref.name)
        work(cluster, job);
}

void FakeControllers::roll(FakeKubernetes& cluster, const Json& deployment) {
  Progress& progress = deployments_[identity(deployment)];
  const ObjectRef ref = FakeKubernetes::ref_of(deployment);
  progress.ref = ref;
  const std::int64_t generation = deployment["metadata"]["generation"].get<std::int64_t>();
  if (progress.done == generation) return;
  if (progress.seen != generation) progress = {ref, generation, progress.done, 0, progress.pods};
  ++progress.looks;
  const std::int64_t wanted = deployment["spec"].value("replicas", std::int64_t{1});
  const std::int64_t have = static_cast<std::int64_t>(progress.pods.size());
  if (failing.count(ref.name) > 0) {
    cluster.edit(ref, {{"status", status(generation, have, 0, have, "ProgressDeadlineExceeded")}});
    return;
  }
  if (const auto reason = blocked.find(ref.name); reason != blocked.end()) {
    Json now = status(generation, have, 0, have, "ReplicaSetUpdated");
    now["conditions"].push_back({{"type", "ReplicaFailure"},
                                 {"status", "True"},
                                 {"reason", "FailedCreate"},
                                 {"message", reason->second}});
    cluster.edit(ref, {{"status", now}});
    return;
  }
  if (stuck.count(ref.name) > 0 || progress.looks < deployment_looks) {
    cluster.edit(ref, {{"status", status(generation, have, 0, have, "ReplicaSetUpdated")}});
    return;
  }
  progress.done = generation;
  replace_pods(cluster, deployment, progress, wanted);
  cluster.edit(ref,
               {{"status", status(generation, wanted, wanted, wanted, "NewReplicaSetAvailable")}});
}

void FakeControllers::replace_pods(FakeKubernetes& cluster, const Json& deployment,
                                   Progress& progress, std::int64_t wanted) {
  const Json& spec = deployment["spec"];
  const std::string hash =
      fmt::format("{:08x}", std::hash<std::string>{}(spec["template"].dump()) & 0xffffffffu);
  std::vector<ObjectRef> kept;
  for (const ObjectRef& pod : progress.pods) {
    const Json now = cluster.object(pod);
    const bool same = !now.is_null() && now["metadata"]["labels"]["pod-template-hash"] == hash;
    if (same && static_cast<std::int64_t>(kept.size()) < wanted)
      kept.push_back(pod);
    else
      cluster.erase(pod);
  }
  progress.pods = kept;
  while (static_cast<std::int64_t>(progress.pods.size()) < wanted)
    progress.pods.push_back(start_pod(cluster, deployment, hash));
}

ObjectRef FakeControllers::start_pod(FakeKubernetes& cluster, const Json& deployment,
                                     const std::string& hash) {
  const int number = ++pods_;
  const std::string owner = deployment["metadata"]["name"].get<std::string>() + "-" + hash;
  const Json& pattern = deployment["spec"]["template"];
  Json pod{{"apiVersion", "v1"}, {"kind", "Pod"}, {"spec", pattern["spec"]}};
  Json& metadata = pod["metadata"];
  metadata = pattern.value("metadata", Json::object());
  metadata["name"] = fmt::format("{}-{:05}", owner, number);
  metadata["namespace"] = deployment["metadata"]["namespace"];
  metadata["labels"]["pod-template-hash"] = hash;
  metadata["ownerReferences"] = Json::array({{{"apiVersion", "apps/v1"},
                                              {"kind", "ReplicaSet"},
                                              {"name", owner},
                                              {"uid", identity(deployment) + "-" + hash},
                                              {"controller", true}}});
  Json states = Json::array();
  for (const Json& container : pod["spec"]["containers"])
    states.push_back({{"name", container.value("name", "")},
                      {"image", container.value("image", "")},
                      {"imageID", container.value("image", "")},
                      {"ready", true},
                      {"restartCount", 0},
                      {"state", {{"running", Json::object()}}}});
  pod["status"] = {{"phase", "Running"},
                   {"podIP", fmt::format("10.88.{}.{}", number / 250, number % 250 + 2)},
                   {"conditions", Json::array({{{"type", "Ready"}, {"status", "True"}}})},
                   {"containerStatuses", states}};
  return FakeKubernetes::ref_of(cluster.put(pod));
}

void FakeControllers::forget_removed(FakeKubernetes& cluster) {
  for (auto known = deployments_.begin(); known != deployments_.end();) {
    const Json now = cluster.object(known->second.ref);
    if (!now.is_null() && identity(now) == known->first) {
      ++known;
      continue;
    }
    for (const ObjectRef& pod : known->second.pods) cluster.erase(pod);
    known = deployments_.erase(known);
  }
}

void FakeControllers::work(FakeKubernetes& cluster, const Json& job) {
  int& looks = jobs_[identity(job)];
  if (looks < 0) return;
  const ObjectRef ref = FakeKubernetes::ref_of(job);
  const ObjectRef pod{"v1", "Pod", ref.name_space, ref.name + "-pod"};
  if (looks++ == 0) start_job_pod(cluster, job, pod);
  if (looks < job_looks) {
    Json running = Json::object();
    running["status"]["active"] = 1;
    cluster.edit(ref, running);
    return;
  }
  looks = -1;
  const JobEnd end = run_job(job);
  const bool good = end.exit_code == 0;
  const std::string container = job["spec"]["template"]["spec"]["containers"][0].value("name", "");
  cluster.set_log(ref.name_space, pod.name, end.log);
  Json ended = Json::object(), finished = Json::object();
  ended["status"]["phase"] = good ? "Succeeded" : "Failed";
  ended["status"]["containerStatuses"] = Json::array(
      {{{"name", container}, {"state", {{"terminated", {{"exitCode", end.exit_code}}}}}}});
  finished["status"]["active"] = nullptr;
  finished["status"][good ? "succeeded" : "failed"] = 1;
  finished["status"]["conditions"] =
      Json::array({{{"type", good ? "Complete" : "Failed"},
                    {"status", "True"},
                    {"reason", good ? "CompletionsReached" : "BackoffLimitExceeded"}}});
  cluster.edit(pod, ended);
  cluster.edit(ref, finished);
}

}  // namespace ostler
