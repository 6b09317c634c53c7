// A cluster with scripted programs, for the tests of what a cluster does by itself.
#pragma once

#include "ostler/lab/cluster.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace ostler::lab {

/// Programs that do what a test says, by image.
class ClusterPrograms final : public Programs {
 public:
  struct Script {
    std::string pull_trouble;
    Start start;
    int status = 200;
    Instant took{0};
    std::function<std::vector<JobPart>()> parts;
  };
  std::map<std::string, Script> scripts;
  int started = 0, ended_count = 0, served = 0, killed = 0;
  std::vector<RunningPod> starts;

  std::string pull_trouble(const std::string& image) override {
    return scripts[image].pull_trouble;
  }
  Start start(const RunningPod& pod) override {
    ++started;
    starts.push_back(pod);
    return scripts[pod.image].start;
  }
  void ended(const RunningPod&) override { ++ended_count; }
  Served serve(const RunningPod& pod, const HttpRequest&) override {
    ++served;
    Served answer;
    answer.response.status = scripts[pod.image].status;
    answer.took = scripts[pod.image].took;
    return answer;
  }
  std::vector<JobPart> job(const RunningPod& pod) override {
    ++started;
    starts.push_back(pod);
    if (const auto& parts = scripts[pod.image].parts) return parts();
    return {{std::chrono::seconds(1), [](std::string&) { return std::optional<int>(0); }}};
  }
  void job_killed(const RunningPod&) override { ++killed; }
};

struct ClusterFixture {
  explicit ClusterFixture(std::uint64_t seed = 1, ClusterSettings settings = {})
      : world(seed), objects(world), cluster(world, objects, programs, std::move(settings)) {}

  World world;
  Objects objects;
  ClusterPrograms programs;
  Cluster cluster;

  void pass(Instant time) { world.advance_to(world.now() + time); }
  /// Lets time pass in small steps until `done`, at most so long; whether it came to that.
  template <typename Done>
  bool comes(Instant at_most, Done done) {
    const Instant until = world.now() + at_most;
    while (!done() && world.now() < until) pass(std::chrono::milliseconds(10));
    return done();
  }

  Json get(const ObjectRef& ref) const {
    const auto object = objects.find(ref);
    return object ? *object : Json();
  }
  Json deployment(const std::string& name = "web") const {
    return get(deployment_ref("shop", name));
  }
  std::vector<Json> pods() const {
    std::vector<Json> result;
    for (const auto& pod : objects.all({"v1", "Pod", "shop", ""})) result.push_back(*pod);
    return result;
  }
  bool converged(const std::string& name = "web") const {
    return rollout_state(deployment(name)).converged;
  }
  Json condition(const Json& object, const std::string& type) const {
    for (const Json& one : value_at(object, "/status/conditions"))
      if (text_at(one, "/type") == type) return one;
    return nullptr;
  }
  std::set<std::string> events() const {
    std::set<std::string> reasons;
    for (const auto& event : objects.all({"v1", "Event", "", ""}))
      reasons.insert(text_at(*event, "/reason"));
    return reasons;
  }
};

/// A Deployment as the shop's: readiness asked every second, six seconds of preStop.
inline Json web_deployment(int replicas, const std::string& image = "odoo:1") {
  return Json::parse(R"({"apiVersion": "apps/v1", "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"replicas": )" +
                     std::to_string(replicas) + R"(, "minReadySeconds": 3,
      "selector": {"matchLabels": {"app": "web"}},
      "strategy": {"type": "RollingUpdate",
                   "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
      "template": {"metadata": {"labels": {"app": "web"}}, "spec": {
        "terminationGracePeriodSeconds": 30, "restartPolicy": "Always",
        "containers": [{"name": "odoo", "image": ")" +
                     image + R"(", "args": ["--workers=16"],
          "ports": [{"name": "http", "containerPort": 8069}],
          "readinessProbe": {"httpGet": {"path": "/web/health", "port": "http"},
                             "periodSeconds": 1, "timeoutSeconds": 2},
          "lifecycle": {"preStop": {"sleep": {"seconds": 6}}},
          "resources": {"requests": {"cpu": "20m", "memory": "32Mi"}}}]}}}})");
}

inline Json web_service() {
  return Json::parse(R"({"apiVersion": "v1", "kind": "Service",
    "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
    "spec": {"selector": {"app": "web"},
             "ports": [{"name": "http", "port": 80, "targetPort": "http"}]}})");
}

inline Json image_change(const std::string& image) {
  Json patch = Json::object();
  Json spec = web_deployment(1, image)["spec"]["template"]["spec"];
  patch["spec"]["template"]["spec"]["containers"] = spec["containers"];
  return patch;
}

}  // namespace ostler::lab
