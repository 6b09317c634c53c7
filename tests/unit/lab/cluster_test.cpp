// The other parts of a cluster: EndpointSlices, the scheduler, autoscalers, disruption budgets,
// simulated nodes, and what a rollout costs.
#include "tests/unit/lab/cluster_fixture.hpp"

#include <cstdio>
#include <ctime>

using namespace ostler;
using namespace ostler::lab;
using namespace std::chrono_literals;

namespace {

const ObjectRef web = deployment_ref("shop", "web");

std::vector<Json> slices(const ClusterFixture& lab) {
  std::vector<Json> result;
  for (const auto& slice : lab.objects.all({"discovery.k8s.io/v1", "EndpointSlice", "shop", ""}))
    result.push_back(*slice);
  return result;
}

std::size_t offered(const ClusterFixture& lab) {
  std::size_t count = 0;
  for (const Json& slice : slices(lab))
    for (const Json& endpoint : value_at(slice, "/endpoints"))
      count += flag_at(endpoint, "/conditions/ready");
  return count;
}

void start(ClusterFixture& lab, Json deployment) {
  lab.objects.put(std::move(deployment));
  REQUIRE(lab.comes(60s, [&] { return lab.converged(); }));
}

}  // namespace

TEST_CASE("a Service's slice offers its Pods, and says which of them leave", "[lab]") {
  ClusterFixture lab;
  lab.objects.put(web_service());
  lab.pass(1s);
  REQUIRE(slices(lab).size() == 1);
  CHECK(value_at(slices(lab)[0], "/endpoints").is_null());
  start(lab, web_deployment(2));
  lab.pass(1s);
  const Json slice = slices(lab)[0];
  CHECK(text_at(slice, "/metadata/labels/kubernetes.io~1service-name") == "web");
  CHECK(text_at(slice, "/metadata/name").size() == std::string("web-abcde").size());
  CHECK(number_at(slice, "/ports/0/port") == 8069);
  CHECK(text_at(slice, "/ports/0/name") == "http");
  REQUIRE(value_at(slice, "/endpoints").size() == 2);
  CHECK(text_at(slice, "/endpoints/0/targetRef/kind") == "Pod");
  CHECK(text_at(slice, "/endpoints/0/zone").substr(0, 5) == "zone-");
  CHECK(offered(lab) == 2);

  lab.objects.edit(web, {{"spec", {{"replicas", 1}}}});
  lab.pass(1s);
  CHECK(offered(lab) == 1);
  int leaving = 0;
  const Json smaller = slices(lab)[0];
  for (const Json& endpoint : value_at(smaller, "/endpoints"))
    if (flag_at(endpoint, "/conditions/terminating")) {
      ++leaving;
      CHECK(flag_at(endpoint, "/conditions/serving"));
      CHECK_FALSE(flag_at(endpoint, "/conditions/ready"));
    }
  CHECK(leaving == 1);
  lab.pass(8s);
  CHECK(value_at(slices(lab)[0], "/endpoints").size() == 1);
  lab.objects.edit(web, {{"spec", {{"replicas", 0}}}});
  lab.pass(10s);
  CHECK(value_at(slices(lab)[0], "/endpoints").is_null());
}

TEST_CASE("slices follow a changed selector, and a Service without one keeps its own", "[lab]") {
  ClusterFixture lab;
  Json service = web_service();
  service["spec"]["selector"]["app"] = "canary";
  lab.objects.put(service);
  Json by_hand = web_service();
  by_hand["metadata"]["name"] = "by-hand";
  by_hand["spec"].erase("selector");
  lab.objects.put(by_hand);
  start(lab, web_deployment(1));
  CHECK(offered(lab) == 0);
  lab.objects.edit(service_ref("shop", "web"), {{"spec", {{"selector", {{"app", "web"}}}}}});
  lab.pass(1s);
  CHECK(offered(lab) == 1);
  CHECK(slices(lab).size() == 1);
  lab.objects.remove(service_ref("shop", "web"), Json::object());
  lab.pass(1s);
  CHECK(slices(lab).empty());
}

TEST_CASE("what fits on no node stays pending, with the scheduler's reason", "[lab]") {
  ClusterFixture lab;
  lab.objects.edit({"v1", "Node", "", "node-c"}, {{"spec", {{"unschedulable", true}}}});
  Json deployment = web_deployment(3);
  deployment["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["cpu"] = "3";
  lab.objects.put(deployment);
  lab.pass(20s);
  CHECK(number_at(lab.deployment(), "/status/availableReplicas") == 2);
  int pending = 0;
  for (const Json& pod : lab.pods()) {
    if (text_at(pod, "/status/phase") != "Pending") continue;
    ++pending;
    const Json scheduled = lab.condition(pod, "PodScheduled");
    CHECK(text_at(scheduled, "/status") == "False");
    CHECK(text_at(scheduled, "/reason") == "Unschedulable");
    CHECK(text_at(scheduled, "/message") ==
          "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu. preemption: "
          "0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption "
          "victims found for incoming pod.");
  }
  CHECK(pending == 1);
  CHECK(lab.events().count("FailedScheduling") == 1);
  lab.objects.edit({"v1", "Node", "", "node-c"}, {{"spec", {{"unschedulable", nullptr}}}});
  CHECK(lab.comes(20s, [&] { return lab.converged(); }));
}

TEST_CASE("Pods spread over zones, and a required skew keeps one waiting", "[lab]") {
  ClusterFixture lab;
  Json deployment = web_deployment(6);
  deployment["spec"]["template"]["spec"]["topologySpreadConstraints"] = Json::parse(
      R"([{"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone",
           "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "web"}}}])");
  start(lab, deployment);
  std::map<std::string, int> on;
  for (const Json& pod : lab.pods()) ++on[text_at(pod, "/spec/nodeName")];
  CHECK(on == std::map<std::string, int>{{"node-a", 2}, {"node-b", 2}, {"node-c", 2}});
}

TEST_CASE("an autoscaler keeps its bounds, follows the use, and can be held", "[lab]") {
  ClusterFixture lab;
  std::optional<std::int64_t> used = 80;
  lab.cluster.use([&](const std::string&, const std::string&) { return used; });
  start(lab, web_deployment(2));
  const ObjectRef ref = autoscaler_ref("shop", "web");
  lab.objects.put(Json::parse(R"({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"minReplicas": 3, "maxReplicas": 6,
      "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
      "metrics": [{"type": "Resource", "resource": {"name": "cpu",
                   "target": {"type": "Utilization", "averageUtilization": 80}}}]}})"));
  REQUIRE(lab.comes(30s, [&] { return lab.converged() && lab.pods().size() == 3; }));
  lab.pass(20s);
  CHECK(number_at(lab.get(ref), "/status/currentReplicas") == 3);
  CHECK(number_at(lab.get(ref), "/status/desiredReplicas") == 3);
  CHECK(text_at(lab.condition(lab.get(ref), "ScalingActive"), "/reason") == "ValidMetricFound");
  used = 160;
  REQUIRE(lab.comes(60s, [&] { return number_at(lab.deployment(), "/spec/replicas") == 6; }));
  used = 10;
  SECTION("what went up comes down only when it has long been too much") {
    lab.pass(250s);
    CHECK(number_at(lab.deployment(), "/spec/replicas") == 6);
    lab.pass(120s);
    CHECK(number_at(lab.deployment(), "/spec/replicas") == 3);
  }
  SECTION("held, it never scales down") {
    lab.objects.edit(ref,
                     {{"spec", {{"behavior", {{"scaleDown", {{"selectPolicy", "Disabled"}}}}}}}});
    lab.pass(1h);
    CHECK(number_at(lab.deployment(), "/spec/replicas") == 6);
  }
  SECTION("a Deployment that was scaled to zero is left there") {
    lab.objects.edit(web, {{"spec", {{"replicas", 0}}}});
    lab.pass(120s);
    CHECK(number_at(lab.deployment(), "/spec/replicas") == 0);
    CHECK(text_at(lab.condition(lab.get(ref), "ScalingActive"), "/reason") == "ScalingDisabled");
  }
  SECTION("without metrics it keeps what stands") {
    used.reset();
    lab.pass(1h);
    CHECK(number_at(lab.deployment(), "/spec/replicas") == 6);
    CHECK(text_at(lab.condition(lab.get(ref), "ScalingActive"), "/reason") ==
          "FailedGetResourceMetric");
  }
}

TEST_CASE("a disruption budget counts who is healthy", "[lab]") {
  ClusterFixture lab;
  const ObjectRef ref{"policy/v1", "PodDisruptionBudget", "shop", "web"};
  lab.objects.put(Json::parse(R"({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "web"}}}})"));
  start(lab, web_deployment(3));
  lab.pass(1s);
  Json status = lab.get(ref)["status"];
  CHECK(number_at(status, "/expectedPods") == 3);
  CHECK(number_at(status, "/desiredHealthy") == 2);
  CHECK(number_at(status, "/currentHealthy") == 3);
  CHECK(number_at(status, "/disruptionsAllowed") == 1);
  lab.programs.scripts["odoo:1"].status = 500;
  lab.pass(10s);
  status = lab.get(ref)["status"];
  CHECK(number_at(status, "/currentHealthy") == 0);
  CHECK(number_at(status, "/disruptionsAllowed", -1) == 0);
  CHECK(text_at(lab.condition(lab.get(ref), "DisruptionAllowed"), "/reason") == "InsufficientPods");
}

TEST_CASE("on a simulated node Pods run without an image, and Jobs succeed", "[lab]") {
  ClusterFixture lab;
  lab.objects.put(Json::parse(R"({"apiVersion": "v1", "kind": "Node",
    "metadata": {"name": "fake-a", "annotations": {"kwok.x-k8s.io/node": "fake"},
                 "labels": {"type": "kwok", "topology.kubernetes.io/zone": "zone-a"}},
    "spec": {"taints": [{"key": "kwok.x-k8s.io/node", "value": "fake", "effect": "NoSchedule"}]},
    "status": {"allocatable": {"cpu": "32", "memory": "256Gi", "pods": "500"}}})"));
  const Json where = Json::parse(R"({"nodeSelector": {"type": "kwok"},
    "tolerations": [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}]})");
  Json deployment = web_deployment(2, "none.example/odoo:1");
  deployment["spec"]["template"]["spec"].update(where);
  lab.programs.scripts["none.example/odoo:1"].pull_trouble = "no such host";
  start(lab, deployment);
  CHECK(lab.programs.started == 0);
  for (const Json& pod : lab.pods()) CHECK(text_at(pod, "/spec/nodeName") == "fake-a");
  Json job = Json::parse(R"({"apiVersion": "batch/v1", "kind": "Job",
    "metadata": {"name": "update", "namespace": "shop"}, "spec": {"backoffLimit": 0,
    "template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "odoo", "image": "x"}]}}}})");
  job["spec"]["template"]["spec"].update(where);
  lab.objects.put(job);
  CHECK(lab.comes(10s, [&] {
    return number_at(lab.get(job_ref("shop", "update")), "/status/succeeded") == 1;
  }));
}

TEST_CASE("what a rollout of three Pods costs", "[lab]") {
  ClusterFixture lab;
  lab.objects.put(web_service());
  start(lab, web_deployment(3));
  const std::clock_t begun = std::clock();
  const std::uint64_t version = lab.objects.version();
  constexpr int rollouts = 50;
  for (int at = 0; at < rollouts; ++at) {
    lab.objects.edit(web, image_change(at % 2 == 0 ? "odoo:2" : "odoo:1"));
    lab.pass(60s);
    REQUIRE(lab.converged());
  }
  const double took = 1e6 * static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
  std::printf(
      "a rollout of 3 Pods and a minute of probes: %.0f us of processor, %llu changes of objects\n",
      took / rollouts,
      static_cast<unsigned long long>((lab.objects.version() - version) / rollouts));
}
