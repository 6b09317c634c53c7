// The API server over HTTP: what ostler's client and kubectl send, and what they get.
#include "ostler/lab/kubernetes_door.hpp"

#include "tests/unit/lab/api_server.hpp"

#include "ostler/base/text.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace ostler;
using namespace ostler::lab;
using namespace std::chrono_literals;

namespace {

const std::string pods_path = "/api/v1/namespaces/pool/pods";
const std::string deployments = "/apis/apps/v1/namespaces/pool/deployments";
const std::string reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/// Pods in which nothing runs but what the test says.
struct QuietPods final : Pods, Programs {
  const RunningPod* listening(const std::string&) const override { return nullptr; }
  const RunningPod* listening(const std::string&, const std::string& name) const override {
    return name == running.name ? &running : nullptr;
  }
  std::optional<std::string> log(const std::string&, const std::string& name) const override {
    return name == running.name ? std::optional{printed} : std::nullopt;
  }
  std::string pull_trouble(const std::string&) override { return ""; }
  Start start(const RunningPod&) override { return {}; }
  void ended(const RunningPod&) override {}
  Served serve(const RunningPod&, const HttpRequest& request) override {
    return answer_text(200, "asked for " + request.url);
  }
  std::vector<JobPart> job(const RunningPod&) override { return {}; }
  void job_killed(const RunningPod&) override {}

  RunningPod running;
  std::string printed = "one\ntwo\nthree\n";
};

struct Cluster : ApiServer {
  Cluster() { quiet.running.name = "web-1"; }

  HttpResponse send(const std::string& method, const std::string& path,
                    const std::string& body = "", const std::string& type = "application/json",
                    const std::string& accept = "") {
    HttpRequest request;
    request.method = method;
    request.url = "https://10.99.0.1:6443" + path;
    request.headers = {{"Content-Type", type}, {"Accept", accept}, {"Authorization", "Bearer key"}};
    request.body = body;
    return door.answer(request).response;
  }
  Json get(const std::string& path, const std::string& accept = "") {
    return Json::parse(send("GET", path, "", "", accept).body);
  }
  std::unique_ptr<Watch> watch(const std::string& path) {
    HttpRequest request;
    request.url = path;
    request.headers = {{"Authorization", "Bearer key"}};
    auto stream = door.watch(request);
    REQUIRE(stream);
    return std::move(*stream);
  }

  QuietPods quiet;
  KubernetesDoor door{world, objects, quiet, quiet, "key"};
};

std::string message(const HttpResponse& answer) {
  return text_at(Json::parse(answer.body), "/message");
}

/// The events that a watch has sent: "ADDED one".
std::vector<std::string> events(Watch& watch) {
  std::vector<std::string> result;
  for (const std::string& line : split(watch.next(), '\n')) {
    if (line.empty()) continue;
    const Json event = Json::parse(line);
    result.push_back(text_at(event, "/type") + " " + text_at(event, "/object/metadata/name"));
  }
  return result;
}

}  // namespace

TEST_CASE("who does not say the token is not heard", "[lab]") {
  Cluster cluster;
  HttpRequest request;
  request.url = deployments;
  CHECK(cluster.door.answer(request).response.status == 401);
  request.bearer = std::make_shared<const Secret>(Secret{"other"});
  CHECK(cluster.door.answer(request).response.status == 401);
  CHECK_FALSE(cluster.door.watch(request));
  request.bearer = std::make_shared<const Secret>(Secret{"key"});
  CHECK(cluster.door.answer(request).response.status == 200);
}

TEST_CASE("a right that is missing is refused and reviewed so", "[lab]") {
  Cluster cluster;
  cluster.objects.put(deployment("web"));
  cluster.door.deny("patch", "deployments/scale");
  const auto patch = [&](const std::string& path) {
    return cluster.send("PATCH", deployments + path, R"({"spec":{"replicas":2}})",
                        "application/merge-patch+json");
  };
  CHECK(patch("/web").status == 200);
  const HttpResponse refused = patch("/web/scale");
  CHECK(refused.status == 403);
  CHECK(message(refused) ==
        "deployments.apps \"web\" is forbidden: User \"ostler\" cannot patch resource "
        "\"deployments/scale\" in API group \"apps\" in the namespace \"pool\"");
  const auto allowed = [&](const char* subresource) {
    Json review{{"kind", "SelfSubjectAccessReview"}};
    review["spec"]["resourceAttributes"] = {
        {"verb", "patch"}, {"resource", "deployments"}, {"subresource", subresource}};
    return flag_at(Json::parse(cluster.send("POST", reviews, to_bytes(review)).body),
                   "/status/allowed");
  };
  CHECK(allowed(""));
  CHECK_FALSE(allowed("scale"));
}

TEST_CASE("kubectl's reviews come in protobuf", "[lab]") {
  Cluster cluster;
  cluster.door.deny("get", "pods");
  // SelfSubjectAccessReview{spec.resourceAttributes{verb: get, resource: pods}}
  const auto body = [](const std::string& resource) {
    const auto field = [](char number, const std::string& bytes) {
      return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} +
             bytes;
    };
    const std::string attributes = field(2, "get") + field(5, resource);
    const std::string type =
        field(1, "authorization.k8s.io/v1") + field(2, "SelfSubjectAccessReview");
    return std::string("k8s\0", 4) + field(1, type) + field(2, field(2, field(1, attributes)));
  };
  const std::string type = "application/vnd.kubernetes.protobuf";
  const auto allowed = [&](const std::string& resource) {
    const HttpResponse answer = cluster.send("POST", reviews, body(resource), type);
    CHECK(answer.status == 201);
    return flag_at(Json::parse(answer.body), "/status/allowed");
  };
  CHECK(allowed("jobs"));
  CHECK_FALSE(allowed("pods"));
  const std::string whole = body("pods");
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK(cluster.send("POST", reviews, whole.substr(0, size), type).status != 500);
}

TEST_CASE("a path that is not there and a kind that is not there read differently", "[lab]") {
  Cluster cluster;
  CHECK(cluster.send("GET", "/no-such-path").body == "404 page not found\n");
  CHECK(cluster.send("GET", "/apis/no.example/v1").status == 404);
  const HttpResponse widgets = cluster.send("GET", "/apis/apps/v1/namespaces/pool/widgets/x");
  CHECK(widgets.status == 404);
  CHECK(message(widgets) == "the server could not find the requested resource");
  CHECK(text_at(Json::parse(widgets.body), "/details/name").empty());
  const Json absent = cluster.get(deployments + "/x");
  CHECK(text_at(absent, "/details/name") == "x");
  CHECK(text_at(cluster.get("/version"), "/gitVersion") == "v1.36.3");
  const Json apps = cluster.get("/apis/apps/v1");
  CHECK(apps["groupVersion"] == "apps/v1");
  CHECK(apps["resources"][1]["name"] == "deployments/scale");
  CHECK(apps["resources"][1]["kind"] == "Scale");
}

TEST_CASE("fields that a kind does not have are refused, or dropped with a warning", "[lab]") {
  Cluster cluster;
  Json bad = deployment("web");
  bad["spec"]["replica"] = 1;
  bad["spec"]["template"]["spec"]["containers"][0]["imag"] = "x";
  const HttpResponse refused =
      cluster.send("POST", deployments + "?fieldValidation=Strict", to_bytes(bad));
  CHECK(refused.status == 400);
  CHECK(message(refused) ==
        "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error: "
        "unknown field \"spec.replica\", unknown field \"spec.template.spec.containers[0].imag\"");
  const HttpResponse made = cluster.send("POST", deployments, to_bytes(bad));
  CHECK(made.status == 201);
  CHECK(std::string(made.header("warning")) == "299 - \"unknown field \\\"spec.replica\\\"\"");
  CHECK_FALSE(Json::parse(made.body)["spec"].contains("replica"));
  const HttpResponse patched =
      cluster.send("PATCH", deployments + "/web?fieldValidation=Strict",
                   R"({"spec":{"replica":1}})", "application/merge-patch+json");
  CHECK(patched.status == 422);
  CHECK(message(patched).find("strict decoding error: unknown field \"spec.replica\"") !=
        std::string::npos);
  const std::string apply = "application/apply-patch+yaml";
  CHECK(cluster.send("PATCH", deployments + "/web", to_bytes(bad), apply).status == 500);
  CHECK(message(cluster.send("PATCH", deployments + "/web", to_bytes(deployment("web")), apply)) ==
        "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for "
        "apply patch");
}

TEST_CASE("a value of another type than its field has is refused, however it is sent", "[lab]") {
  Cluster cluster;
  const std::string web = deployments + "/web";
  const std::string apply = "application/apply-patch+yaml", merge = "application/merge-patch+json";
  Json bad = deployment("web");
  bad["spec"]["replicas"] = "x";
  const HttpResponse created = cluster.send("POST", deployments, to_bytes(bad));
  CHECK(created.status == 400);
  CHECK(message(created) ==
        "Deployment in version \"v1\" cannot be handled as a Deployment: json: cannot unmarshal "
        "string into Go struct field DeploymentSpec.spec.replicas of type int32");
  const HttpResponse applied =
      cluster.send("PATCH", web + "?fieldManager=me", to_bytes(bad), apply);
  CHECK(applied.status == 500);
  CHECK(message(applied) ==
        "failed to create typed patch object (pool/web; apps/v1, Kind=Deployment): "
        ".spec.replicas: expected numeric (int or float), got string");
  REQUIRE(cluster.send("POST", deployments, to_bytes(deployment("web"))).status == 201);
  CHECK(cluster.send("PUT", web, to_bytes(bad)).status == 400);
  const std::string before = cluster.send("GET", web).body;
  const auto patched = [&](const std::string& patch, const std::string& path) {
    const HttpResponse answer = cluster.send("PATCH", path, patch, merge);
    INFO(patch);
    CHECK(answer.status == 422);
    return message(answer);
  };
  CHECK(ends_with(patched(R"({"spec":"x"})", web),
                  "json: cannot unmarshal string into Go struct field Deployment.spec of type "
                  "v1.DeploymentSpec"));
  CHECK(ends_with(patched(R"({"spec":{"replicas":1.5}})", web),
                  "json: cannot unmarshal number 1.5 into Go struct field "
                  "DeploymentSpec.spec.replicas of type int32"));
  CHECK(ends_with(patched(R"({"metadata":{"annotations":{"a":true}}})", web),
                  "json: cannot unmarshal bool into Go struct field "
                  "ObjectMeta.metadata.annotations of type string"));
  patched(R"({"spec":{"paused":"yes"}})", web);
  patched(R"({"spec":{"replicas":3000000000}})", web);
  patched(R"({"spec":{"replicas":"x"}})", web + "/scale");
  CHECK(cluster
            .send("PATCH", web, R"([{"op":"replace","path":"/spec/replicas","value":"x"}])",
                  "application/json-patch+json")
            .status == 422);
  CHECK(cluster
            .send("PATCH", web,
                  R"({"spec":{"template":{"spec":{"containers":[{"name":"odoo","image":7}]}}}})",
                  "application/strategic-merge-patch+json")
            .status == 422);
  CHECK(cluster.send("GET", web).body == before);
  // What is taken away is no wrong value.
  CHECK(cluster.send("PATCH", web, R"({"spec":{"paused":null}})", merge).status == 200);
}

TEST_CASE("what does not fit its URL is refused", "[lab]") {
  Cluster cluster;
  const auto create = [&](const Json& object) {
    return cluster.send("POST", deployments, to_bytes(object)).status;
  };
  CHECK(create(config_map("one")) == 400);
  Json elsewhere = deployment("web");
  elsewhere["metadata"]["namespace"] = "other";
  CHECK(create(elsewhere) == 400);
  elsewhere["metadata"].erase("namespace");
  CHECK(create(elsewhere) == 201);
  Json nowhere = deployment("nowhere");
  nowhere["metadata"]["namespace"] = "";
  CHECK(create(nowhere) == 201);
  CHECK(cluster.objects.find(deployment_ref(space, "nowhere")));
  CHECK(cluster.objects.find(deployment_ref(space, "web")));
  CHECK(cluster.send("POST", deployments + "?dryRun=All", to_bytes(deployment("b"))).status == 400);
  CHECK(cluster.send("POST", deployments, "{").status == 400);
  CHECK(cluster.send("PATCH", deployments + "/web", "{}", "text/plain").status == 415);
  CHECK(cluster.send("PUT", deployments + "/web", to_bytes(deployment("b"))).status == 400);
}

TEST_CASE("kubectl gets tables", "[lab]") {
  Cluster cluster;
  cluster.objects.put(deployment("web"));
  cluster.world.advance_to(200s);
  const std::string accept =
      "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;"
      "g=meta.k8s.io,application/json";
  const Json table = cluster.get(deployments, accept);
  CHECK(table["kind"] == "Table");
  CHECK(table["columnDefinitions"][2]["name"] == "Up-to-date");
  CHECK(table["rows"][0]["cells"] ==
        Json::parse(R"(["web","0/1",0,0,"3m20s","odoo","reg/odoo:1","app=web"])"));
  CHECK(table["rows"][0]["object"]["kind"] == "PartialObjectMetadata");
  Json crashing = pod("web-1", "Running");
  crashing["metadata"]["deletionTimestamp"] = nullptr;
  crashing["status"]["containerStatuses"] =
      Json::array({{{"name", "odoo"},
                    {"restartCount", 4},
                    {"state", {{"waiting", {{"reason", "CrashLoopBackOff"}}}}}}});
  cluster.objects.put(crashing);
  const Json pods = cluster.get(pods_path + "/web-1", accept);
  CHECK(pods["rows"][0]["cells"][1] == "0/1");
  CHECK(pods["rows"][0]["cells"][2] == "CrashLoopBackOff");
  CHECK(pods["rows"][0]["cells"][3] == "4");
}

TEST_CASE("a watch tells what changes, for those that fit", "[lab]") {
  Cluster cluster;
  const std::string maps = "/api/v1/namespaces/pool/configmaps?watch=true";
  cluster.objects.put(config_map("one"));
  const std::string version = std::to_string(cluster.objects.version());
  auto whole = cluster.watch(maps + "&sendInitialEvents=true&allowWatchBookmarks=true");
  auto fresh = cluster.watch(maps + "&resourceVersion=" + version + "&timeoutSeconds=120");
  auto chosen = cluster.watch(maps + "&labelSelector=app%3Done");
  using Events = std::vector<std::string>;
  CHECK(events(*whole) == Events{"ADDED one", "BOOKMARK "});
  CHECK(events(*fresh).empty());
  CHECK(events(*chosen) == Events{"ADDED one"});
  cluster.objects.put(config_map("two"));
  cluster.objects.edit(config_map_ref(space, "one"), {{"metadata", {{"labels", {{"app", "x"}}}}}});
  cluster.objects.erase(config_map_ref(space, "two"));
  CHECK(events(*fresh) == Events{"ADDED two", "MODIFIED one", "DELETED two"});
  // What does not fit any more is gone for those who chose.
  CHECK(events(*chosen) == Events{"DELETED one"});
  cluster.world.advance_to(60s);
  CHECK(events(*whole) == Events{"ADDED two", "MODIFIED one", "DELETED two", "BOOKMARK "});
  CHECK(events(*fresh).empty());
  CHECK_FALSE(fresh->over());
  cluster.world.advance_to(120s);
  CHECK(events(*fresh).empty());
  CHECK(fresh->over());
}

TEST_CASE("a watch from long ago ends with an error", "[lab]") {
  Cluster cluster;
  const std::string version = std::to_string(cluster.objects.version());
  for (int turn = 0; turn < 3000; ++turn)
    cluster.objects.put(config_map("one", {{"a", std::to_string(turn)}}));
  auto late = cluster.watch("/api/v1/configmaps?watch=1&resourceVersion=" + version);
  const Json event = Json::parse(late->next());
  CHECK(event["type"] == "ERROR");
  CHECK(event["object"]["code"] == 410);
  CHECK(late->over());
}

TEST_CASE("logs come whole, from their end, and as they grow", "[lab]") {
  Cluster cluster;
  cluster.objects.put(pod("web-1", "Running"));
  const auto log = [&](const std::string& query) {
    return cluster.send("GET", pods_path + "/web-1/log" + query).body;
  };
  CHECK(log("") == "one\ntwo\nthree\n");
  CHECK(log("?tailLines=2&container=odoo") == "two\nthree\n");
  CHECK(log("?limitBytes=5") == "one\nt");
  CHECK(cluster.send("GET", pods_path + "/web-2/log").status == 404);
  CHECK(cluster.send("GET", pods_path + "/web-1/log?container=x").status == 400);
  auto stream = cluster.watch(pods_path + "/web-1/log?follow=true&tailLines=1");
  CHECK(stream->next() == "three\n");
  cluster.quiet.printed += "four\n";
  CHECK(stream->next() == "four\n");
  CHECK_FALSE(stream->over());
  cluster.objects.put(pod("web-1", "Succeeded"));
  CHECK(stream->next().empty());
  CHECK(stream->over());
}

TEST_CASE("a Pod's ports are reached through the API server", "[lab]") {
  Cluster cluster;
  Json object = pod("web-1", "Running");
  object["status"]["podIP"] = "10.88.0.7";
  cluster.objects.put(object);
  CHECK(cluster.send("GET", pods_path + "/web-1:8069/proxy/web/health?a=b%20c").body ==
        "asked for http://10.88.0.7:8069/web/health?a=b%20c");
  const HttpResponse refused = cluster.send("GET", pods_path + "/web-1:8080/proxy/metrics");
  CHECK(refused.status == 503);
  CHECK(message(refused) ==
        "error trying to reach service: dial tcp 10.88.0.7:8080: connect: connection refused");
  cluster.door.set_pod_http([](const std::string&, const std::string& name, int port,
                               const HttpRequest& request) -> std::optional<Served> {
    CHECK(header_of(request, "authorization").empty());
    return answer_text(200, fmt::format("{} {}", name, port));
  });
  CHECK(cluster.send("GET", pods_path + "/web-1:8080/proxy/metrics").body == "web-1 8080");
  CHECK(cluster.send("GET", pods_path + "/none:8080/proxy/").status == 404);
}

TEST_CASE("a disruption budget forbids an eviction, and counts it", "[lab]") {
  Cluster cluster;
  for (const char* name : {"web-1", "web-2"}) cluster.objects.put(pod(name, "Running"));
  Json budget = Json::parse(R"({"apiVersion":"policy/v1","kind":"PodDisruptionBudget",
      "spec":{"maxUnavailable":1,"selector":{"matchLabels":{"app":"web"}}},
      "status":{"disruptionsAllowed":1,"desiredHealthy":1,"currentHealthy":2}})");
  budget["metadata"] = {{"name", "web"}, {"namespace", space}};
  cluster.objects.put(budget);
  const auto evict = [&](const std::string& name) {
    return cluster.send("POST", pods_path + "/" + name + "/eviction", R"({"kind":"Eviction"})");
  };
  CHECK(evict("web-1").status == 201);
  CHECK(cluster.objects.find(pod_ref("web-1"))->at("metadata").contains("deletionTimestamp"));
  const HttpResponse forbidden = evict("web-2");
  CHECK(forbidden.status == 429);
  CHECK(message(forbidden) == "Cannot evict pod as it would violate the pod's disruption budget.");
  CHECK_FALSE(cluster.objects.find(pod_ref("web-2"))->at("metadata").contains("deletionTimestamp"));
}
