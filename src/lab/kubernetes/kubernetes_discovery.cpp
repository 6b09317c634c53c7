// Discovery: which groups, versions and resources there are.
#include "lab/kubernetes/kubernetes_discovery.hpp"

#include "lab/objects/api_kinds.hpp"

#include "ostler/base/text.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

namespace ostler::lab {
namespace {

struct Group {
  std::string name, version;
};

/// In the order in which kubectl is to prefer them.
const std::vector<Group>& groups() {
  static const auto made = [] {
    std::vector<Group> result;
    for (const ApiKind& kind : api_kinds())
      if (*kind.group != '\0' && (result.empty() || result.back().name != kind.group))
        result.push_back({kind.group, kind.version});
    result.push_back({"authentication.k8s.io", "v1"});
    result.push_back({"authorization.k8s.io", "v1"});
    return result;
  }();
  return made;
}

Json group_entry(const Group& group) {
  const Json version{{"groupVersion", group.name + "/" + group.version},
                     {"version", group.version}};
  return {
      {"name", group.name}, {"versions", Json::array({version})}, {"preferredVersion", version}};
}

Json subresource(const ApiKind& kind, const char* name, std::vector<const char*> verbs) {
  return {{"name", fmt::format("{}/{}", kind.plural, name)},
          {"singularName", ""},
          {"namespaced", kind.namespaced},
          {"kind", kind.kind},
          {"verbs", verbs}};
}

void add_resource(Json& resources, const ApiKind& kind) {
  Json resource{
      {"name", kind.plural},
      {"singularName", kind.singular},
      {"namespaced", kind.namespaced},
      {"kind", kind.kind},
      {"verbs",
       {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}}};
  if (*kind.short_name != '\0') resource["shortNames"] = Json::array({kind.short_name});
  static const std::set<std::string_view> in_all{
      "pods",         "services", "deployments", "replicasets",
      "statefulsets", "jobs",     "cronjobs",    "horizontalpodautoscalers"};
  if (in_all.contains(kind.plural)) resource["categories"] = Json::array({"all"});
  resources.push_back(std::move(resource));
  if (kind.scale) {
    Json scale = subresource(kind, "scale", {"get", "patch", "update"});
    scale["group"] = "autoscaling";
    scale["version"] = "v1";
    scale["kind"] = "Scale";
    resources.push_back(std::move(scale));
  }
  if (kind.status) resources.push_back(subresource(kind, "status", {"get", "patch", "update"}));
  if (std::string_view(kind.kind) != "Pod") return;
  Json eviction = subresource(kind, "eviction", {"create"});
  eviction["group"] = "policy";
  eviction["version"] = "v1";
  eviction["kind"] = "Eviction";
  resources.push_back(std::move(eviction));
  resources.push_back(subresource(kind, "log", {"get"}));
  resources.push_back(subresource(kind, "proxy", {"create", "delete", "get", "patch", "update"}));
}

void add_reviews(Json& resources, const std::string& group) {
  static const std::map<std::string, std::vector<std::pair<const char*, const char*>>> reviews{
      {"authentication.k8s.io", {{"selfsubjectreviews", "SelfSubjectReview"}}},
      {"authorization.k8s.io",
       {{"selfsubjectaccessreviews", "SelfSubjectAccessReview"},
        {"selfsubjectrulesreviews", "SelfSubjectRulesReview"}}}};
  const auto found = reviews.find(group);
  if (found == reviews.end()) return;
  for (const auto& [plural, kind] : found->second)
    resources.push_back({{"name", plural},
                         {"singularName", ""},
                         {"namespaced", false},
                         {"kind", kind},
                         {"verbs", {"create"}}});
}

std::optional<Json> resources_of(const std::string& group, const std::string& version) {
  Json resources = Json::array();
  for (const ApiKind& kind : api_kinds())
    if (group == kind.group && version == kind.version) add_resource(resources, kind);
  if (version == "v1") add_reviews(resources, group);
  if (resources.empty()) return std::nullopt;
  return Json{{"kind", "APIResourceList"},
              {"apiVersion", "v1"},
              {"groupVersion", group.empty() ? version : group + "/" + version},
              {"resources", std::move(resources)}};
}

/// The operations that kubectl looks for: that a PATCH of the kind takes `fieldValidation`.
std::optional<Json> open_api(const std::string& group, const std::string& version) {
  Json paths = Json::object();
  for (const ApiKind& kind : api_kinds()) {
    if (group != kind.group || version != kind.version) continue;
    Json parameters = Json::array();
    for (const char* name : {"fieldManager", "fieldValidation", "force"})
      parameters.push_back({{"name", name},
                            {"in", "query"},
                            {"schema", {{"type", "string"}, {"uniqueItems", true}}}});
    const std::string path =
        fmt::format("{}{}/{}{}/{{name}}", group.empty() ? "/api/" : "/apis/",
                    group.empty() ? version : group + "/" + version,
                    kind.namespaced ? "namespaces/{namespace}/" : "", kind.plural);
    paths[path]["patch"] = {
        {"parameters", std::move(parameters)},
        {"responses", {{"200", {{"description", "OK"}}}}},
        {"x-kubernetes-action", "patch"},
        {"x-kubernetes-group-version-kind",
         {{"group", kind.group}, {"version", kind.version}, {"kind", kind.kind}}}};
  }
  if (paths.empty()) return std::nullopt;
  return Json{{"openapi", "3.0.0"},
              {"info", {{"title", "Kubernetes"}, {"version", "v1.36.3"}}},
              {"paths", std::move(paths)}};
}

Json open_api_index() {
  Json paths;
  const auto add = [&paths](const std::string& path) {
    paths[path]["serverRelativeURL"] = "/openapi/v3/" + path + "?hash=LAB";
  };
  add("api/v1");
  for (const Group& group : groups()) add("apis/" + group.name + "/" + group.version);
  return {{"paths", std::move(paths)}};
}

Json version() {
  return {
      {"major", "1"},           {"minor", "36"},           {"gitVersion", "v1.36.3"},
      {"gitCommit", "unknown"}, {"gitTreeState", "clean"}, {"buildDate", "1970-01-01T00:00:00Z"},
      {"goVersion", "go1.26"},  {"compiler", "gc"},        {"platform", "linux/amd64"}};
}

std::optional<Served> as_answer(const std::optional<Json>& body) {
  if (!body) return std::nullopt;
  return answer_json(200, *body);
}

}  // namespace

std::optional<Served> discovery_answer(const Target& target) {
  std::vector<std::string> parts = target.parts();
  const std::string path = join(parts, "/");
  if (path == "version") return answer_json(200, version());
  if (path == "healthz" || path == "livez" || path == "readyz") return answer_text(200, "ok");
  if (path == "api")
    return answer_json(200, {{"kind", "APIVersions"},
                             {"versions", {"v1"}},
                             {"serverAddressByClientCIDRs", Json::array()}});
  if (path == "apis") {
    Json list{{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", Json::array()}};
    for (const Group& group : groups()) list["groups"].push_back(group_entry(group));
    return answer_json(200, list);
  }
  if (path == "openapi/v3") return answer_json(200, open_api_index());
  if (path == "api/v1") return as_answer(resources_of("", "v1"));
  if (path == "openapi/v3/api/v1") return as_answer(open_api("", "v1"));
  if (parts.size() == 2 && parts[0] == "apis") {
    for (const Group& group : groups()) {
      if (group.name != parts[1]) continue;
      Json entry = group_entry(group);
      entry["kind"] = "APIGroup";
      entry["apiVersion"] = "v1";
      return answer_json(200, entry);
    }
  }
  if (parts.size() == 3 && parts[0] == "apis") return as_answer(resources_of(parts[1], parts[2]));
  if (parts.size() == 5 && parts[0] == "openapi" && parts[2] == "apis")
    return as_answer(open_api(parts[3], parts[4]));
  return std::nullopt;
}

}  // namespace ostler::lab
