// Rights: refusals, and reviews of them.
#include "lab/kubernetes/kubernetes_rights.hpp"

#include "ostler/base/text.hpp"

#include <fmt/format.h>

namespace ostler::lab {
namespace {

constexpr const char* user = "ostler";

Json rules_of(const Rights& rights) {
  Json rules = Json::array();
  for (const ApiKind& kind : api_kinds()) {
    Json verbs = Json::array();
    for (const char* verb :
         {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"})
      if (rights.allowed(verb, kind.plural)) verbs.push_back(verb);
    rules.push_back({{"verbs", std::move(verbs)},
                     {"apiGroups", Json::array({kind.group})},
                     {"resources", Json::array({kind.plural})}});
  }
  return rules;
}

}  // namespace

ApiAnswer Rights::forbidden(const ApiRequest& request) const {
  const ObjectRef& ref = request.ref;
  const std::string where = ref.name_space.empty()
                                ? "at the cluster scope"
                                : fmt::format("in the namespace \"{}\"", ref.name_space);
  Json details{{"kind", request.kind->plural}};
  if (!ref.name.empty()) details["name"] = ref.name;
  if (*request.kind->group != '\0') details["group"] = request.kind->group;
  return status_answer(
      403, "Forbidden",
      fmt::format(R"({}{} is forbidden: User "{}" cannot {} resource "{}" in API group "{}" {})",
                  resource_name(ref), ref.name.empty() ? "" : " \"" + ref.name + "\"", user,
                  request.verb, request.resource(), request.kind->group, where),
      details);
}

std::optional<ApiAnswer> Rights::review(const Target& target, const Json& question) const {
  const std::vector<std::string> parts = target.parts();
  if (parts.size() != 4 || parts[0] != "apis") return std::nullopt;
  const std::string& kind = parts[3];
  Json body = question;
  body["metadata"] = Json::object();
  if (kind == "selfsubjectaccessreviews") {
    const Json& asked = value_at(question, "/spec/resourceAttributes");
    const std::string below = text_at(asked, "/subresource");
    const bool may = !asked.is_object() ||
                     allowed(text_at(asked, "/verb"),
                             text_at(asked, "/resource") + (below.empty() ? "" : "/" + below));
    body["status"] = {{"allowed", may}};
    if (may) body["status"]["reason"] = "RBAC: allowed by ClusterRoleBinding \"ostler\"";
  } else if (kind == "selfsubjectrulesreviews") {
    body["status"] = {
        {"resourceRules", rules_of(*this)},
        {"nonResourceRules", Json::array({{{"verbs", {"*"}}, {"nonResourceURLs", {"*"}}}})},
        {"incomplete", false}};
  } else if (kind == "selfsubjectreviews") {
    body["status"]["userInfo"] = {{"username", user}, {"groups", {"system:authenticated"}}};
  } else {
    return std::nullopt;
  }
  return ApiAnswer{201, std::move(body)};
}

}  // namespace ostler::lab
