// Who owns which field: server-side apply, strategic patches and JSON patches.
#include "tests/unit/lab/api_server.hpp"

#include <catch2/catch.hpp>

using namespace ostler;
using namespace ostler::lab;

namespace {

const ObjectRef one = config_map_ref(space, "one");
const ObjectRef web = deployment_ref(space, "web");

ApiAnswer apply(ApiServer& server, const ObjectRef& ref, const Json& object,
                const std::string& manager = "ostler", bool force = false) {
  return server.objects.apply(ref, object, manager, force);
}

Json containers(const ApiServer& server) {
  return value_at(*server.objects.find(web), "/spec/template/spec/containers");
}

ApiAnswer strategic(ApiServer& server, const char* patch) {
  return server.objects.patch(web, PatchType::strategic, Json::parse(patch), "", "kubectl-patch");
}

}  // namespace

TEST_CASE("apply owns what it sets and takes away what it no longer sets", "[lab]") {
  ApiServer server;
  CHECK(apply(server, one, config_map("one", {{"a", "1"}, {"b", "2"}})).status == 201);
  const ApiAnswer applied = apply(server, one, config_map("one", {{"a", "9"}}));
  CHECK(applied.body["data"] == Json({{"a", "9"}}));
  CHECK(apply(server, one, config_map("one", {{"a", "9"}})).body == applied.body);
  // Another hand's value is not overwritten, and a patch of our own counts as another hand.
  server.merge(one, R"({"data":{"a":"5","z":"1"}})");
  const ApiAnswer conflict = apply(server, one, config_map("one", {{"a", "9"}}));
  CHECK(conflict.status == 409);
  CHECK(text_at(conflict.body, "/reason") == "Conflict");
  CHECK(text_at(conflict.body, "/message") ==
        "Apply failed with 1 conflict: conflict with \"ostler\" using v1 at "
        "2025-12-18T00:00:00Z: .data.a");
  CHECK(text_at(conflict.body, "/details/causes/0/field") == ".data.a");
  CHECK(apply(server, one, config_map("one", {{"a", "5"}})).status == 200);
  CHECK(server.objects.find(one)->at("data") == Json::parse(R"({"a":"5","z":"1"})"));
}

TEST_CASE("force takes over, and who else applied keeps the rest", "[lab]") {
  ApiServer server;
  apply(server, one, config_map("one", {{"a", "1"}, {"b", "2"}}), "helm");
  const Json ours = config_map("one", {{"a", "3"}});
  const ApiAnswer conflict = apply(server, one, ours);
  CHECK(text_at(conflict.body, "/message") ==
        "Apply failed with 1 conflict: conflict with \"helm\": .data.a");
  CHECK(apply(server, one, ours, "ostler", true).body["data"] ==
        Json::parse(R"({"a":"3","b":"2"})"));
  CHECK(apply(server, one, config_map("one", {{"a", "1"}, {"b", "2"}}), "helm").status == 409);
  // What two managers apply stays until neither does.
  CHECK(apply(server, one, config_map("one", {{"b", "2"}}), "helm").status == 200);
  CHECK(apply(server, one, config_map("one", {{"a", "3"}, {"b", "2"}})).status == 200);
  CHECK(apply(server, one, config_map("one", {{"a", "3"}})).body["data"]["b"] == "2");
  CHECK(apply(server, one, config_map("one", Json::object()), "helm").body["data"] ==
        Json({{"a", "3"}}));
}

TEST_CASE("containers and their variables are owned one by one", "[lab]") {
  ApiServer server;
  server.objects.create(deployment("web"), "kubectl-create");
  Json ours =
      Json::parse(R"({"apiVersion":"apps/v1","kind":"Deployment","spec":{"template":{"spec":{
      "containers":[{"name":"odoo","env":[{"name":"A","value":"1"}]},
                    {"name":"side","image":"side:1","ports":[{"containerPort":80}]}]}}}})");
  CHECK(apply(server, web, ours).status == 200);
  REQUIRE(containers(server).size() == 2);
  CHECK(containers(server)[0]["image"] == "reg/odoo:1");
  CHECK(containers(server)[0]["env"][0]["value"] == "1");
  Json image = ours;
  image["spec"]["template"]["spec"]["containers"][0]["image"] = "reg/odoo:2";
  CHECK(text_at(apply(server, web, image).body, "/details/causes/0/field") ==
        ".spec.template.spec.containers[name=\"odoo\"].image");
  ours["spec"]["template"]["spec"]["containers"].erase(1);
  ours["spec"]["template"]["spec"]["containers"][0].erase("env");
  CHECK(apply(server, web, ours).status == 200);
  REQUIRE(containers(server).size() == 1);
  CHECK_FALSE(containers(server)[0].contains("env"));
}

TEST_CASE("what a scale set conflicts by its subresource", "[lab]") {
  ApiServer server;
  Json ours = deployment("web");
  ours["spec"]["replicas"] = 3;
  apply(server, web, ours);
  server.merge(web, R"({"spec":{"replicas":5}})", "scale", "kubectl");
  const ApiAnswer conflict = apply(server, web, ours);
  CHECK(text_at(conflict.body, "/message") ==
        "Apply failed with 1 conflict: conflict with \"kubectl\" with subresource \"scale\" using "
        "apps/v1 at 2025-12-18T00:00:00Z: .spec.replicas");
}

TEST_CASE("a strategic patch merges lists by their keys", "[lab]") {
  ApiServer server;
  server.objects.create(deployment("web"), "kubectl");
  const auto patched = strategic(
      server, R"({"spec":{"template":{"spec":{"containers":[{"name":"odoo","image":"reg/odoo:2"},
                {"name":"side","image":"side:1"}]}}}})");
  CHECK(patched.status == 200);
  REQUIRE(containers(server).size() == 2);
  CHECK(containers(server)[0]["image"] == "reg/odoo:2");
  CHECK(containers(server)[0]["imagePullPolicy"] == "IfNotPresent");
  strategic(server, R"({"spec":{"template":{"spec":{
      "$setElementOrder/containers":[{"name":"side"},{"name":"odoo"}]}}}})");
  CHECK(containers(server)[0]["name"] == "side");
  strategic(server, R"({"spec":{"template":{"spec":{
      "containers":[{"name":"side","$patch":"delete"}]}}}})");
  REQUIRE(containers(server).size() == 1);
  strategic(server, R"({"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}})");
  CHECK(value_at(*server.objects.find(web), "/spec/strategy") == Json({{"type", "Recreate"}}));
  strategic(server, R"({"spec":{"template":{"metadata":{"annotations":{"a":"1","b":"2"}}}}})");
  strategic(server, R"({"spec":{"template":{"metadata":{
      "annotations":{"$patch":"replace","c":"3"}}}}})");
  CHECK(value_at(*server.objects.find(web), "/spec/template/metadata/annotations") ==
        Json({{"c", "3"}}));
  // A merge patch of the same list replaces it, and what it leaves out is missing.
  CHECK(server.merge(web, R"({"spec":{"template":{"spec":{"containers":[{"name":"odoo"}]}}}})")
            .status == 422);
}

TEST_CASE("kinds of a CRD know no strategic patch", "[lab]") {
  ApiServer server;
  Json route = Json::parse(R"({"apiVersion":"traefik.io/v1alpha1","kind":"TraefikService",
      "spec":{"weighted":{"services":[{"name":"a","weight":100}]}}})");
  route["metadata"] = {{"name", "web"}, {"namespace", space}};
  server.objects.create(route, "kubectl");
  const ObjectRef ref = traefik_service_ref(space, "web");
  CHECK(server.objects.patch(ref, PatchType::strategic, Json::object(), "", "x").status == 415);
  CHECK(server.objects.list({ref.api_version, ref.kind, space, ""}, {}).body["items"][0]["kind"] ==
        "TraefikService");
  // A PUT of such a kind must say which version it replaces.
  CHECK(server.objects.replace(ref, route, "", "x").status == 422);
}

TEST_CASE("a JSON patch happens as a whole or not at all", "[lab]") {
  ApiServer server;
  server.objects.create(config_map("one"), "kubectl");
  const auto patch = [&](const char* text) {
    return server.objects.patch(one, PatchType::json, Json::parse(text), "", "kubectl").status;
  };
  CHECK(patch(R"([{"op":"test","path":"/data/a","value":"1"},
                  {"op":"replace","path":"/data/a","value":"2"}])") == 200);
  CHECK(patch(R"([{"op":"add","path":"/data/b","value":"2"},
                  {"op":"test","path":"/data/a","value":"1"}])") == 422);
  CHECK(patch(R"([{"op":"remove","path":"/data/none"}])") == 422);
  CHECK(server.objects.find(one)->at("data") == Json({{"a", "2"}}));
}
