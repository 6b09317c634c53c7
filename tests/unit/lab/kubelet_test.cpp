// What happens to a Pod on its node: pulling, starting, probing, crashing, leaving.
#include "tests/unit/lab/cluster_fixture.hpp"

using namespace ostler;
using namespace ostler::lab;
using namespace std::chrono_literals;

namespace {

Json waiting(const Json& pod) {
  return value_at(pod, "/status/containerStatuses/0/state/waiting");
}

Json one_pod(const ClusterFixture& lab) {
  REQUIRE(lab.pods().size() == 1);
  return lab.pods()[0];
}

bool ready(const ClusterFixture& lab, const Json& pod) {
  return text_at(lab.condition(pod, "Ready"), "/status") == "True";
}

void start(ClusterFixture& lab, Json deployment = web_deployment(1)) {
  lab.objects.put(std::move(deployment));
  REQUIRE(lab.comes(30s, [&] { return lab.converged(); }));
}

}  // namespace

TEST_CASE("an image that cannot be pulled is tried again, ever less often", "[lab]") {
  ClusterFixture lab;
  lab.programs.scripts["odoo:1"].pull_trouble = "rpc error: code = NotFound";
  lab.objects.put(web_deployment(1));
  REQUIRE(lab.comes(5s, [&] {
    return lab.pods().size() == 1 && text_at(waiting(one_pod(lab)), "/reason") == "ErrImagePull";
  }));
  CHECK(text_at(waiting(one_pod(lab)), "/message") == "rpc error: code = NotFound");
  CHECK(text_at(one_pod(lab), "/status/phase") == "Pending");
  lab.pass(3s);
  CHECK(text_at(waiting(one_pod(lab)), "/reason") == "ImagePullBackOff");
  CHECK(text_at(waiting(one_pod(lab)), "/message") ==
        "Back-off pulling image \"odoo:1\": ErrImagePull: rpc error: code = NotFound");
  CHECK(lab.events().count("BackOff") == 1);
  lab.programs.scripts["odoo:1"].pull_trouble.clear();
  REQUIRE(lab.comes(15s, [&] { return ready(lab, one_pod(lab)); }));
}

TEST_CASE("an image is pulled once by each node", "[lab]") {
  ClusterSettings settings;
  settings.nodes = {{"node-a", "zone-a"}};
  settings.pull = 5s;
  ClusterFixture lab(1, settings);
  start(lab);
  lab.objects.edit(deployment_ref("shop", "web"), {{"spec", {{"replicas", 2}}}});
  CHECK(lab.comes(1s, [&] { return lab.programs.started == 2; }));
}

TEST_CASE("a container that ends by itself is started again, with growing delays", "[lab]") {
  ClusterFixture lab;
  auto& script = lab.programs.scripts["odoo:1"];
  script.start.ends_with = 1;
  script.start.ends_after = 100ms;
  script.start.listens_after = 1s;
  script.start.log = "module not found\n";
  lab.objects.put(web_deployment(1));
  REQUIRE(lab.comes(10s, [&] { return lab.programs.started == 2; }));
  REQUIRE(lab.comes(
      2s, [&] { return text_at(waiting(one_pod(lab)), "/reason") == "CrashLoopBackOff"; }));
  const Json pod = one_pod(lab);
  const std::string name = text_at(pod, "/metadata/name");
  CHECK(text_at(waiting(pod), "/message") ==
        "back-off 10s restarting failed container=odoo pod=" + name + "_shop(" +
            text_at(pod, "/metadata/uid") + ")");
  CHECK(text_at(pod, "/status/phase") == "Running");
  CHECK(number_at(pod, "/status/containerStatuses/0/restartCount") == 1);
  CHECK(number_at(pod, "/status/containerStatuses/0/lastState/terminated/exitCode") == 1);
  CHECK(lab.cluster.log("shop", name) == "module not found\n");
  CHECK_FALSE(ready(lab, pod));
  CHECK(lab.programs.ended_count == 2);
  lab.pass(9s);
  CHECK(lab.programs.started == 2);
  lab.pass(2s);
  CHECK(lab.programs.started == 3);
  lab.pass(21s);
  CHECK(lab.programs.started == 4);
  lab.pass(3h);
  const int before = lab.programs.started;
  lab.pass(601s);
  CHECK(lab.programs.started == before + 2);
}

TEST_CASE("a Pod is ready once its program listens and its health answers well", "[lab]") {
  ClusterFixture lab;
  auto& script = lab.programs.scripts["odoo:1"];
  script.start.listens_after = 4s;
  lab.objects.put(web_deployment(1));
  REQUIRE(lab.comes(5s, [&] { return lab.programs.started == 1; }));
  const std::string address = text_at(one_pod(lab), "/status/podIP");
  lab.pass(3500ms);
  CHECK(lab.cluster.listening(address) == nullptr);
  CHECK_FALSE(ready(lab, one_pod(lab)));
  lab.pass(1500ms);
  REQUIRE(lab.cluster.listening(address) != nullptr);
  CHECK(lab.cluster.listening(address)->arguments == std::vector<std::string>{"--workers=16"});
  CHECK(ready(lab, one_pod(lab)));

  SECTION("three bad answers in a row make it unready, one good ready again") {
    script.status = 500;
    lab.pass(2s);
    CHECK(ready(lab, one_pod(lab)));
    lab.pass(1s);
    CHECK_FALSE(ready(lab, one_pod(lab)));
    CHECK(lab.events().count("Unhealthy") == 1);
    script.status = 200;
    lab.pass(1s);
    CHECK(ready(lab, one_pod(lab)));
  }
  SECTION("an answer that takes longer than the probe's patience is a bad one") {
    script.took = 1900ms;
    lab.pass(5s);
    CHECK(ready(lab, one_pod(lab)));
    script.took = 2100ms;
    lab.pass(6s);
    CHECK_FALSE(ready(lab, one_pod(lab)));
  }
  SECTION("while nothing changes, nothing is written") {
    const std::uint64_t version = lab.objects.version();
    const int served = lab.programs.served;
    lab.pass(10s);
    CHECK(lab.programs.served == served + 10);
    lab.pass(10s);
    const std::uint64_t later = lab.objects.version();
    lab.pass(600s);
    CHECK(lab.objects.version() == later);
    CHECK(later - version < 10);
  }
}

TEST_CASE("a liveness probe that fails has the container started anew", "[lab]") {
  ClusterFixture lab;
  Json deployment = web_deployment(1);
  Json& container = deployment["spec"]["template"]["spec"]["containers"][0];
  container.erase("lifecycle");
  container["livenessProbe"] = container["readinessProbe"];
  container["livenessProbe"]["periodSeconds"] = 10;
  container["livenessProbe"]["failureThreshold"] = 2;
  start(lab, deployment);
  lab.programs.scripts["odoo:1"].status = 503;
  lab.pass(9s);
  CHECK(lab.programs.started == 1);
  lab.pass(13s);
  CHECK(lab.programs.started == 2);
  CHECK(number_at(one_pod(lab), "/status/containerStatuses/0/lastState/terminated/exitCode") ==
        137);
  CHECK(lab.events().count("Killing") == 1);
}

TEST_CASE("a startup probe holds the others back", "[lab]") {
  ClusterFixture lab;
  Json deployment = web_deployment(1);
  Json& container = deployment["spec"]["template"]["spec"]["containers"][0];
  container["startupProbe"] = container["readinessProbe"];
  container["startupProbe"]["failureThreshold"] = 20;
  container["livenessProbe"] = container["readinessProbe"];
  lab.programs.scripts["odoo:1"].start.listens_after = 15s;
  lab.objects.put(deployment);
  REQUIRE(lab.comes(25s, [&] { return lab.converged(); }));
  CHECK(lab.programs.started == 1);
}

TEST_CASE("without a readiness probe a Pod is ready when it runs", "[lab]") {
  ClusterFixture lab;
  Json deployment = web_deployment(1);
  deployment["spec"]["template"]["spec"]["containers"][0].erase("readinessProbe");
  deployment["spec"].erase("minReadySeconds");
  start(lab, deployment);
  CHECK(lab.programs.served == 0);
}

TEST_CASE("a preStop sleep keeps a Pod answering, then it ends and goes", "[lab]") {
  ClusterFixture lab;
  start(lab);
  lab.objects.put(web_service());
  lab.pass(1s);
  const Json pod = one_pod(lab);
  const std::string address = text_at(pod, "/status/podIP");
  const ObjectRef ref{"v1", "Pod", "shop", text_at(pod, "/metadata/name")};
  lab.objects.edit(deployment_ref("shop", "web"), {{"spec", {{"replicas", 0}}}});
  lab.pass(5s);
  REQUIRE(lab.cluster.listening(address) != nullptr);
  CHECK(lab.cluster.listening(address)->leaving);
  CHECK(ready(lab, lab.get(ref)));
  CHECK(lab.programs.ended_count == 0);
  lab.pass(1200ms);
  CHECK(lab.cluster.listening(address) == nullptr);
  CHECK(lab.programs.ended_count == 1);
  CHECK(lab.get(ref).is_object());
  lab.pass(1200ms);
  CHECK(lab.get(ref).is_null());
  CHECK_FALSE(lab.cluster.log("shop", ref.name));
}

TEST_CASE("the grace period ends a longer preStop", "[lab]") {
  ClusterFixture lab;
  Json deployment = web_deployment(1);
  deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 2;
  start(lab, deployment);
  lab.objects.edit(deployment_ref("shop", "web"), {{"spec", {{"replicas", 0}}}});
  CHECK(lab.comes(3500ms, [&] { return lab.pods().empty(); }));
}

TEST_CASE("a container finds ConfigMaps and Secrets in its environment", "[lab]") {
  ClusterFixture lab;
  Json deployment = web_deployment(1);
  Json& container = deployment["spec"]["template"]["spec"]["containers"][0];
  container["envFrom"] = Json::parse(R"([{"secretRef": {"name": "db"}}])");
  container["env"] = Json::parse(R"([{"name": "PLAIN", "value": "x"},
    {"name": "MODE", "valueFrom": {"configMapKeyRef": {"name": "modes", "key": "mode"}}},
    {"name": "MY_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}])");
  lab.objects.put(Json::parse(R"({"apiVersion": "v1", "kind": "ConfigMap",
    "metadata": {"name": "modes", "namespace": "shop"}, "data": {"mode": "fast"}})"));
  lab.objects.put(deployment);
  REQUIRE(lab.comes(5s, [&] {
    return lab.pods().size() == 1 &&
           text_at(waiting(one_pod(lab)), "/reason") == "CreateContainerConfigError";
  }));
  CHECK(text_at(waiting(one_pod(lab)), "/message") == "secret \"db\" not found");
  lab.objects.put(Json::parse(R"({"apiVersion": "v1", "kind": "Secret",
    "metadata": {"name": "db", "namespace": "shop"}, "data": {"HOST": "cG9zdGdyZXM="}})"));
  REQUIRE(lab.comes(20s, [&] { return lab.converged(); }));
  const auto environment = lab.programs.starts.at(0).environment;
  CHECK(environment.at("HOST") == "postgres");
  CHECK(environment.at("PLAIN") == "x");
  CHECK(environment.at("MODE") == "fast");
  CHECK(environment.at("MY_NAME") == text_at(one_pod(lab), "/metadata/name"));
}

TEST_CASE("a Pod waits for a ConfigMap that it mounts", "[lab]") {
  ClusterFixture lab;
  Json deployment = web_deployment(1);
  deployment["spec"]["template"]["spec"]["volumes"] =
      Json::parse(R"([{"name": "guard", "configMap": {"name": "guard"}}])");
  lab.objects.put(deployment);
  lab.pass(5s);
  CHECK(text_at(waiting(one_pod(lab)), "/reason") == "ContainerCreating");
  CHECK(lab.events().count("FailedMount") == 1);
  lab.objects.put(Json::parse(R"({"apiVersion": "v1", "kind": "ConfigMap",
    "metadata": {"name": "guard", "namespace": "shop"}, "data": {}})"));
  CHECK(lab.comes(30s, [&] { return lab.converged(); }));
}

TEST_CASE("a static Pod stands there ready, and nothing is done for it", "[lab]") {
  ClusterFixture lab;
  lab.cluster.add_static_pod("traefik", "traefik-1", "10.88.9.2", {{"app", "traefik"}});
  lab.pass(60s);
  const Json pod = lab.get({"v1", "Pod", "traefik", "traefik-1"});
  CHECK(ready(lab, pod));
  CHECK(text_at(pod, "/status/phase") == "Running");
  CHECK(text_at(pod, "/status/podIP") == "10.88.9.2");
  CHECK(lab.programs.started == 0);
  CHECK(lab.cluster.log("traefik", "traefik-1") == "");
}

TEST_CASE("the cluster is furnished as a real one", "[lab]") {
  ClusterFixture lab;
  CHECK(text_at(lab.get({"v1", "Namespace", "", "kube-system"}), "/metadata/uid") ==
        ClusterSettings{}.cluster_uid);
  const Json node = lab.get({"v1", "Node", "", "node-b"});
  CHECK(text_at(node, "/metadata/labels/topology.kubernetes.io~1zone") == "zone-b");
  CHECK(text_at(lab.condition(node, "Ready"), "/status") == "True");
}
