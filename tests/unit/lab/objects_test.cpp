// The API server's objects: versions, generations, guards, defaults, paging, and how things go.
#include "tests/unit/lab/api_server.hpp"

#include <catch2/catch.hpp>

using namespace ostler;
using namespace ostler::lab;

namespace {

const ObjectRef one = config_map_ref(space, "one");
const ObjectRef web = deployment_ref(space, "web");

std::string reason(const ApiAnswer& answer) {
  return text_at(answer.body, "/reason");
}
std::string message(const ApiAnswer& answer) {
  return text_at(answer.body, "/message");
}

std::vector<std::string> names(const ApiAnswer& list) {
  std::vector<std::string> result;
  for (const Json& item : list.body["items"]) result.push_back(item["metadata"]["name"]);
  return result;
}

Json owned_by(Json object, const Json& owner) {
  object["metadata"]["ownerReferences"] = Json::array({{{"apiVersion", owner["apiVersion"]},
                                                        {"kind", owner["kind"]},
                                                        {"name", owner["metadata"]["name"]},
                                                        {"uid", owner["metadata"]["uid"]}}});
  return object;
}

}  // namespace

TEST_CASE("an object is created once, in a namespace that is there", "[lab]") {
  ApiServer server;
  const ApiAnswer created = server.objects.create(config_map("one"), "ostler");
  CHECK(created.status == 201);
  CHECK(text_at(created.body, "/metadata/uid").size() == 36);
  CHECK(text_at(created.body, "/metadata/creationTimestamp") == "2025-12-18T00:00:00Z");
  CHECK_FALSE(created.body["metadata"].contains("generation"));
  const ApiAnswer again = server.objects.create(config_map("one"), "ostler");
  CHECK(again.status == 409);
  CHECK(reason(again) == "AlreadyExists");
  CHECK(message(again) == "configmaps \"one\" already exists");
  Json elsewhere = config_map("one");
  elsewhere["metadata"]["namespace"] = "nowhere";
  CHECK(message(server.objects.create(elsewhere, "ostler")) == "namespaces \"nowhere\" not found");
  const ApiAnswer absent = server.objects.get(deployment_ref(space, "none"));
  CHECK(absent.status == 404);
  CHECK(message(absent) == "deployments.apps \"none\" not found");
  CHECK(text_at(absent.body, "/details/name") == "none");
}

TEST_CASE("a patch that changes nothing keeps the version, an old version is a conflict", "[lab]") {
  ApiServer server;
  const Json first = server.objects.create(config_map("one"), "ostler").body;
  const ApiAnswer patched = server.merge(one, R"({"data":{"a":null,"c":"3"}})");
  CHECK(patched.body["data"] == Json::parse(R"({"c":"3"})"));
  CHECK(patched.body["metadata"]["resourceVersion"] != first["metadata"]["resourceVersion"]);
  CHECK(server.merge(one, R"({"data":{"c":"3"}})").body == patched.body);
  Json late = Json::parse(R"({"data":{"c":"4"}})");
  late["metadata"]["resourceVersion"] = first["metadata"]["resourceVersion"];
  const ApiAnswer conflict = server.objects.patch(one, PatchType::merge, late, "", "ostler");
  CHECK(conflict.status == 409);
  CHECK(reason(conflict) == "Conflict");
  CHECK(message(conflict) ==
        "Operation cannot be fulfilled on configmaps \"one\": the object has been modified; please "
        "apply your changes to the latest version and try again");
  const ApiAnswer other = server.merge(one, R"({"metadata":{"uid":"0"}})");
  CHECK(other.status == 422);
  CHECK(message(other) ==
        "ConfigMap \"one\" is invalid: metadata.uid: Invalid value: \"0\": field is immutable");
  CHECK(server.merge(one, R"({"metadata":{"name":"two"}})").status == 400);
  CHECK(server.merge(config_map_ref(space, "two"), "{}").status == 404);
}

TEST_CASE("the generation counts specification, and a Deployment's annotations", "[lab]") {
  ApiServer server;
  CHECK(number_at(server.objects.create(deployment("web"), "ostler").body,
                  "/metadata/generation") == 1);
  const auto generation_after = [&](const char* patch, const char* subresource = "") {
    server.merge(web, patch, subresource);
    return number_at(*server.objects.find(web), "/metadata/generation");
  };
  CHECK(generation_after(R"({"status":{"replicas":7}})") == 1);
  CHECK(number_at(*server.objects.find(web), "/status/replicas") == 0);
  CHECK(generation_after(R"({"status":{"replicas":7}})", "status") == 1);
  CHECK(number_at(*server.objects.find(web), "/status/replicas") == 7);
  CHECK(generation_after(R"({"metadata":{"labels":{"x":"y"}}})") == 1);
  CHECK(generation_after(R"({"metadata":{"annotations":{"x":"y"}}})") == 2);
  CHECK(generation_after(R"({"spec":{"minReadySeconds":3}})") == 3);
  CHECK(generation_after(R"({"spec":{"replicas":2}})", "scale") == 4);
  // A controller's annotation comes with the status that it reports.
  server.objects.edit(web, Json::parse(R"({"metadata":{"annotations":{"x":"z"}},"status":{}})"));
  CHECK(number_at(*server.objects.find(web), "/metadata/generation") == 4);
}

TEST_CASE("defaults are filled in as the real server fills them in", "[lab]") {
  ApiServer server;
  const Json made = server.objects.create(deployment("web"), "ostler").body;
  CHECK(made["spec"]["replicas"] == 1);
  CHECK(
      made["spec"]["strategy"] ==
      Json::parse(
          R"({"type":"RollingUpdate","rollingUpdate":{"maxSurge":"25%","maxUnavailable":"25%"}})"));
  CHECK(made["spec"]["progressDeadlineSeconds"] == 600);
  CHECK(made["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 30);
  CHECK(made["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] == "IfNotPresent");
  // Defaults hold against a patch that takes them away.
  CHECK(server.merge(web, R"({"spec":{"strategy":null,"replicas":null}})").body["spec"] ==
        made["spec"]);
  Json service =
      Json::parse(R"({"apiVersion":"v1","kind":"Service","spec":{"ports":[{"port":80}]}})");
  service["metadata"] = {{"name", "web"}, {"namespace", space}};
  const Json offered = server.objects.create(service, "ostler").body;
  CHECK(offered["spec"]["ports"][0] ==
        Json::parse(R"({"port":80,"protocol":"TCP","targetPort":80})"));
  CHECK(offered["spec"]["clusterIP"] == "10.96.0.2");
  service["metadata"]["resourceVersion"] = offered["metadata"]["resourceVersion"];
  CHECK(server.objects.replace(service_ref(space, "web"), service, "", "x").body == offered);
}

TEST_CASE("a Job's Pods are found by labels that the server makes", "[lab]") {
  ApiServer server;
  Json job = Json::parse(R"({"apiVersion":"batch/v1","kind":"Job","spec":{"template":{"spec":{
      "restartPolicy":"Never","containers":[{"name":"odoo","image":"i:1"}]}}}})");
  job["metadata"] = {{"name", "update"}, {"namespace", space}};
  const Json made = server.objects.create(job, "ostler").body;
  CHECK(made["spec"]["backoffLimit"] == 6);
  CHECK(text_at(made["spec"]["template"]["metadata"]["labels"], "/batch.kubernetes.io~1job-name") ==
        "update");
  const ApiAnswer changed = server.merge(
      job_ref(space, "update"), R"({"spec":{"template":{"metadata":{"labels":{"a":"b"}}}}})");
  CHECK(changed.status == 422);
  CHECK(message(changed).find("spec.template: Invalid value: ") != std::string::npos);
  job["metadata"]["name"] = "always";
  job["spec"]["template"]["spec"].erase("restartPolicy");
  CHECK(message(server.objects.create(job, "ostler")) ==
        "Job.batch \"always\" is invalid: spec.template.spec.restartPolicy: Unsupported value: "
        "\"Always\": supported values: \"OnFailure\", \"Never\"");
}

TEST_CASE("what cannot be is refused by name", "[lab]") {
  ApiServer server;
  Json bad = deployment("web");
  bad["spec"]["replicas"] = -1;
  CHECK(message(server.objects.create(bad, "ostler")) ==
        "Deployment.apps \"web\" is invalid: spec.replicas: Invalid value: -1: must be greater "
        "than or equal to 0");
  REQUIRE(server.objects.create(deployment("web"), "ostler").status == 201);
  const ApiAnswer moved = server.merge(web, R"({"spec":{"selector":{"matchLabels":{"app":"other"}},
                                    "template":{"metadata":{"labels":{"app":"other"}}}}})");
  CHECK(moved.status == 422);
  CHECK(message(moved) ==
        "Deployment.apps \"web\" is invalid: spec.selector: Invalid value: "
        "{\"matchLabels\":{\"app\":\"other\"}}: field is immutable");
  CHECK(server.objects.create(deployment("Web"), "ostler").status == 422);
  CHECK(reason(server.objects.create(deployment(""), "ostler")) == "Invalid");
}

TEST_CASE("a workload is scaled through its scale, where a zero is left out", "[lab]") {
  ApiServer server;
  server.objects.create(deployment("web"), "ostler");
  const ApiAnswer scaled = server.merge(web, R"({"spec":{"replicas":0}})", "scale");
  CHECK(scaled.body["kind"] == "Scale");
  CHECK(scaled.body["spec"] == Json::object());
  CHECK(number_at(*server.objects.find(web), "/spec/replicas", 9) == 0);
  CHECK(text_at(scaled.body, "/status/selector") == "app=web");
  CHECK(server.merge(web, R"({"spec":{"replicas":-1}})", "scale").status == 422);
}

TEST_CASE("lists are chosen by labels and fields, and come in pages", "[lab]") {
  ApiServer server;
  for (const char* name : {"two", "one", "three"})
    server.objects.create(config_map(name), "ostler");
  const ObjectRef maps = config_map_ref(space, "");
  const auto found = [&](const char* labels, const char* fields = "") {
    return names(server.objects.list(maps, {labels, fields}));
  };
  using Names = std::vector<std::string>;
  CHECK(found("") == Names{"one", "three", "two"});
  CHECK(found("app==two") == Names{"two"});
  CHECK(found("app,app!=two") == Names{"one", "three"});
  CHECK(found("app in (one, two)") == Names{"one", "two"});
  CHECK(found("app,app notin (one, two)") == Names{"three"});
  CHECK(found("!app").empty());
  CHECK(found("app", "metadata.name!=one") == Names{"three", "two"});
  CHECK(server.objects.list(maps, {"", "data.a=1"}).status == 400);

  const ApiAnswer page = server.objects.list(maps, {}, 2);
  CHECK(names(page) == Names{"one", "three"});
  CHECK(page.body["kind"] == "ConfigMapList");
  CHECK_FALSE(page.body["items"][0].contains("kind"));
  const std::string next = page.body["metadata"]["continue"];
  const ApiAnswer last = server.objects.list(maps, {}, 2, next);
  CHECK(names(last) == Names{"two"});
  CHECK(text_at(last.body, "/metadata/continue").empty());
  for (int turn = 0; turn < 2000; ++turn)
    server.objects.edit(one, {{"data", {{"a", std::to_string(turn)}}}});
  CHECK(server.objects.list(maps, {}, 2, next).status == 410);
}

TEST_CASE("dependents go with their owner, running Pods gracefully", "[lab]") {
  ApiServer server;
  const Json owner = server.objects.create(config_map("owner"), "ostler").body;
  server.objects.put(owned_by(config_map("dependent"), owner));
  server.objects.put(owned_by(pod("running", "Running"), owner));
  server.objects.put(owned_by(pod("done", "Succeeded"), owner));
  const ObjectRef ref = config_map_ref(space, "owner");
  CHECK(server.objects.remove(ref, Json::parse(R"({"preconditions":{"uid":"other"}})")).status ==
        409);
  const ApiAnswer gone = server.objects.remove(ref, Json::object());
  CHECK(gone.status == 200);
  CHECK(gone.body["status"] == "Success");
  CHECK(server.objects.find(config_map_ref(space, "dependent")) == nullptr);
  CHECK(server.objects.find(pod_ref("done")) == nullptr);
  const auto leaving = server.objects.find(pod_ref("running"));
  REQUIRE(leaving);
  CHECK(text_at(*leaving, "/metadata/deletionTimestamp") == "2025-12-18T00:00:20Z");
  CHECK(number_at(*leaving, "/metadata/deletionGracePeriodSeconds") == 20);
  CHECK(number_at(*leaving, "/metadata/generation") == 2);
  // Told again, it goes sooner or as before, never later.
  const auto told = server.objects.remove(pod_ref("running"), {{"gracePeriodSeconds", 60}});
  CHECK(told.body == *leaving);
  server.objects.erase(pod_ref("running"));
  CHECK(server.objects.find(pod_ref("running")) == nullptr);
  CHECK(server.objects.remove(ref, Json::object()).status == 404);
}

TEST_CASE("dependents first, or without their owner, when that is asked for", "[lab]") {
  ApiServer server;
  const Json owner = server.objects.create(config_map("one"), "ostler").body;
  server.objects.put(owned_by(pod("running", "Running"), owner));
  const ApiAnswer waiting = server.objects.remove(one, {{"propagationPolicy", "Foreground"}});
  CHECK(waiting.body["metadata"]["finalizers"] == Json::array({"foregroundDeletion"}));
  CHECK(server.objects.find(one));
  server.objects.erase(pod_ref("running"));
  CHECK(server.objects.find(one) == nullptr);

  const Json next = server.objects.create(config_map("one"), "ostler").body;
  server.objects.put(owned_by(config_map("two"), next));
  server.objects.remove(one, {{"propagationPolicy", "Orphan"}});
  CHECK_FALSE(server.objects.find(config_map_ref(space, "two"))
                  ->at("metadata")
                  .contains("ownerReferences"));
}

TEST_CASE("changes are told in their order, and known for a while", "[lab]") {
  ApiServer server;
  std::vector<std::string> seen;
  server.objects.on_change([&](const Change& change) {
    seen.push_back(change.ref.name + (!change.before ? "+" : change.after ? "~" : "-"));
    if (change.ref.name == "one" && !change.before) server.objects.put(config_map("two"));
  });
  const std::uint64_t before = server.objects.version();
  server.objects.put(config_map("one"));
  server.objects.edit(one, {{"data", {{"a", "2"}}}});
  server.objects.edit(one, {{"data", {{"a", "2"}}}});
  server.objects.erase(one);
  CHECK(seen == std::vector<std::string>{"one+", "two+", "one~", "one-"});
  const auto changes = server.objects.since(config_map_ref(space, ""), before);
  REQUIRE(changes);
  CHECK(changes->size() == 4);
  CHECK(changes->back().version == server.objects.version());
  CHECK(server.objects.since(config_map_ref("elsewhere", ""), before)->empty());
  for (int turn = 0; turn < 3000; ++turn)
    server.objects.put(config_map("one", {{"a", std::to_string(turn)}}));
  CHECK_FALSE(server.objects.since(config_map_ref(space, ""), before));
}

TEST_CASE("the same seed makes the same objects", "[lab]") {
  const auto uid = [] {
    ApiServer server;
    return text_at(server.objects.create(config_map("one"), "x").body, "/metadata/uid");
  };
  CHECK(uid() == uid());
}
