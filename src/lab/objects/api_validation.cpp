// What the API server refuses as Invalid, as far as clients of a release can run into it.
#include "lab/objects/api_validation.hpp"

#include "lab/objects/api_kinds.hpp"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <string_view>

namespace ostler::lab {
namespace {

using Troubles = std::vector<FieldTrouble>;

constexpr const char* not_negative = "must be greater than or equal to 0";
constexpr const char* immutable = "field is immutable";

bool is_subdomain(std::string_view name) {
  const auto inner = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
  };
  if (name.empty() || name.size() > 253 || !inner(name.front()) || !inner(name.back()))
    return false;
  char last = '\0';
  for (const char letter : name) {
    if (!inner(letter) && letter != '-' && letter != '.') return false;
    if (letter == '.' && !inner(last)) return false;
    if (last == '.' && !inner(letter)) return false;
    last = letter;
  }
  return true;
}

void check_name(const Json& object, Troubles& troubles) {
  const std::string name = text_at(object, "/metadata/name");
  if (name.empty()) {
    troubles.push_back(required_field("metadata.name", "name or generateName is required"));
  } else if (!is_subdomain(name)) {
    troubles.push_back(invalid_field(
        "metadata.name", name,
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
        "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex "
        "used "
        "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"));
  }
}

void check_not_negative(const Json& object, const std::string& field, const char* pointer,
                        Troubles& troubles) {
  const Json& value = value_at(object, pointer);
  if (value.is_number_integer() && value.get<std::int64_t>() < 0)
    troubles.push_back(invalid_field(field, value, not_negative));
}

void check_containers(const Json& spec, const std::string& at, Troubles& troubles) {
  const Json& containers = value_at(spec, "/containers");
  if (!containers.is_array() || containers.empty()) {
    troubles.push_back(required_field(at + ".containers"));
    return;
  }
  for (std::size_t number = 0; number < containers.size(); ++number) {
    const std::string place = fmt::format("{}.containers[{}]", at, number);
    if (text_at(containers[number], "/name").empty())
      troubles.push_back(required_field(place + ".name"));
    if (text_at(containers[number], "/image").empty())
      troubles.push_back(required_field(place + ".image"));
  }
}

/// Selector and template of what keeps Pods.
void check_pattern(const Json& object, const Json* before, Troubles& troubles) {
  const Json& selector = value_at(object, "/spec/selector");
  const Json& labels = value_at(object, "/spec/template/metadata/labels");
  if (!selector.is_object() || selector.empty())
    troubles.push_back(required_field("spec.selector"));
  else if (!selected(labels, selector))
    troubles.push_back(invalid_field("spec.template.metadata.labels", labels,
                                     "`selector` does not match template `labels`"));
  if (before != nullptr && value_at(*before, "/spec/selector") != selector)
    troubles.push_back(invalid_field("spec.selector", selector, immutable));
  check_not_negative(object, "spec.replicas", "/spec/replicas", troubles);
  check_not_negative(object, "spec.minReadySeconds", "/spec/minReadySeconds", troubles);
  check_containers(value_at(object, "/spec/template/spec"), "spec.template.spec", troubles);
}

bool is_zero(const Json& value) {
  return value == 0 || value == "0%" || value == "0";
}

void check_deployment(const Json& object, const Json* before, Troubles& troubles) {
  check_pattern(object, before, troubles);
  const Json& policy = value_at(object, "/spec/template/spec/restartPolicy");
  if (policy != "Always")
    troubles.push_back(
        {"FieldValueNotSupported", "spec.template.spec.restartPolicy",
         fmt::format("Unsupported value: {}: supported values: \"Always\"", to_bytes(policy))});
  const Json& update = value_at(object, "/spec/strategy/rollingUpdate");
  if (update.is_object() && value_at(object, "/spec/strategy/type") == "Recreate")
    troubles.push_back({"FieldValueForbidden", "spec.strategy.rollingUpdate",
                        "Forbidden: may not be specified when strategy `type` is 'Recreate'"});
  else if (update.is_object() && is_zero(value_at(update, "/maxSurge")) &&
           is_zero(value_at(update, "/maxUnavailable")))
    troubles.push_back(invalid_field("spec.strategy.rollingUpdate.maxUnavailable",
                                     value_at(update, "/maxUnavailable"),
                                     "may not be 0 when `maxSurge` is 0"));
}

void check_job(const Json& object, const Json* before, Troubles& troubles) {
  const Json& policy = value_at(object, "/spec/template/spec/restartPolicy");
  if (policy != "Never" && policy != "OnFailure")
    troubles.push_back(
        {"FieldValueNotSupported", "spec.template.spec.restartPolicy",
         fmt::format(R"(Unsupported value: {}: supported values: "OnFailure", "Never")",
                     to_bytes(policy))});
  check_containers(value_at(object, "/spec/template/spec"), "spec.template.spec", troubles);
  check_not_negative(object, "spec.backoffLimit", "/spec/backoffLimit", troubles);
  check_not_negative(object, "spec.parallelism", "/spec/parallelism", troubles);
  if (before == nullptr) return;
  for (const char* fixed : {"selector", "template", "completionMode"}) {
    const std::string pointer = std::string("/spec/") + fixed;
    if (value_at(*before, pointer) != value_at(object, pointer))
      troubles.push_back(
          invalid_field(std::string("spec.") + fixed, value_at(object, pointer), immutable));
  }
}

void check_service(const Json& object, const Json* before, Troubles& troubles) {
  const Json& ports = value_at(object, "/spec/ports");
  const bool headless = value_at(object, "/spec/clusterIP") == "None";
  if (!headless && value_at(object, "/spec/type") != "ExternalName" &&
      (!ports.is_array() || ports.empty()))
    troubles.push_back(required_field("spec.ports"));
  if (ports.is_array()) {
    for (std::size_t number = 0; number < ports.size(); ++number) {
      const std::string place = fmt::format("spec.ports[{}]", number);
      const std::int64_t port = number_at(ports[number], "/port");
      if (port < 1 || port > 65535)
        troubles.push_back(
            invalid_field(place + ".port", port, "must be between 1 and 65535, inclusive"));
      if (ports.size() > 1 && text_at(ports[number], "/name").empty())
        troubles.push_back(required_field(place + ".name"));
    }
  }
  if (before == nullptr) return;
  const Json& address = value_at(object, "/spec/clusterIP");
  if (value_at(*before, "/spec/clusterIP").is_string() &&
      value_at(*before, "/spec/clusterIP") != address)
    troubles.push_back(
        invalid_field("spec.clusterIPs[0]", Json::array({address}), "may not change once set"));
}

void check_autoscaler(const Json& object, const Json*, Troubles& troubles) {
  const std::int64_t least = number_at(object, "/spec/minReplicas", 1);
  const std::int64_t most = number_at(object, "/spec/maxReplicas");
  if (least < 1)
    troubles.push_back(
        invalid_field("spec.minReplicas", least, "must be greater than or equal to 1"));
  if (most < 1)
    troubles.push_back(invalid_field("spec.maxReplicas", most, "must be greater than 0"));
  if (most < least)
    troubles.push_back(
        invalid_field("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`"));
  if (text_at(object, "/spec/scaleTargetRef/kind").empty())
    troubles.push_back(required_field("spec.scaleTargetRef.kind"));
  if (text_at(object, "/spec/scaleTargetRef/name").empty())
    troubles.push_back(required_field("spec.scaleTargetRef.name"));
}

void check_budget(const Json& object, const Json*, Troubles& troubles) {
  const Json& spec = value_at(object, "/spec");
  if (spec.is_object() && spec.contains("minAvailable") && spec.contains("maxUnavailable"))
    troubles.push_back(
        invalid_field("spec", spec, "minAvailable and maxUnavailable cannot be both set"));
}

void check_pod(const Json& object, const Json* before, Troubles& troubles) {
  check_containers(value_at(object, "/spec"), "spec", troubles);
  if (before == nullptr) return;
  const auto essence = [](const Json& pod) {
    Json spec = value_at(pod, "/spec");
    for (const char* free : {"activeDeadlineSeconds", "tolerations",
                             "terminationGracePeriodSeconds", "nodeName", "schedulingGates"})
      spec.erase(free);
    for (const char* list : {"containers", "initContainers"})
      if (const auto containers = spec.find(list); containers != spec.end())
        for (Json& container : *containers) container.erase("image");
    return spec;
  };
  if (essence(*before) != essence(object))
    troubles.push_back(
        {"FieldValueForbidden", "spec",
         "Forbidden: pod updates may not change fields other than `spec.containers[*].image`, "
         "`spec.initContainers[*].image`, `spec.activeDeadlineSeconds`, `spec.tolerations` (only "
         "additions to existing tolerations), `spec.terminationGracePeriodSeconds` (allow it to be "
         "set to 1 if it was previously negative)"});
}

void check_weights(const Json& object, const Json*, Troubles& troubles) {
  const Json& services = value_at(object, "/spec/weighted/services");
  if (!services.is_array()) return;
  for (std::size_t number = 0; number < services.size(); ++number) {
    const std::string place = fmt::format("spec.weighted.services[{}]", number);
    if (!value_at(services[number], "/name").is_string())
      troubles.push_back(required_field(place + ".name"));
    const Json& weight = value_at(services[number], "/weight");
    if (!weight.is_null() && !weight.is_number_integer())
      troubles.push_back({"FieldValueTypeInvalid", place + ".weight",
                          fmt::format("Invalid value: \"{}\": {}.weight in body must be of type "
                                      "integer: \"{}\"",
                                      weight.type_name(), place, weight.type_name())});
  }
}

}  // namespace

std::vector<FieldTrouble> troubles_of(const Json& object, const Json* before) {
  using Check = std::function<void(const Json&, const Json*, Troubles&)>;
  static const std::map<std::string, Check, std::less<>> by_kind{
      {"Deployment", check_deployment},
      {"ReplicaSet", check_pattern},
      {"StatefulSet", check_pattern},
      {"Job", check_job},
      {"Service", check_service},
      {"HorizontalPodAutoscaler", check_autoscaler},
      {"PodDisruptionBudget", check_budget},
      {"Pod", check_pod},
      {"TraefikService", check_weights},
  };
  Troubles troubles;
  check_name(object, troubles);
  if (before != nullptr && text_at(object, "/metadata/uid") != text_at(*before, "/metadata/uid"))
    troubles.push_back(invalid_field("metadata.uid", text_at(object, "/metadata/uid"), immutable));
  const auto found = by_kind.find(text_at(object, "/kind"));
  if (found != by_kind.end()) found->second(object, before, troubles);
  return troubles;
}

}  // namespace ostler::lab
