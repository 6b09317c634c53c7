// The weighted TraefikService as an object: reading its children, and the patch that replaces them.
#include "systems/traefik_route.hpp"

#include "ostler/base/text.hpp"

#include <cctype>
#include <set>

namespace ostler {
namespace {

std::string place_of(const Json& object) {
  return "TraefikService " + sanitize(text_at(object, "/metadata/namespace")) + "/" +
         sanitize(text_at(object, "/metadata/name"));
}

Failure unusable(const Json& object, std::string_view why, std::string_view cure) {
  return {FailureKind::permanent, fmt::format("{} {}", place_of(object), why), std::string{cure},
          ""};
}

/// The children's common settings for a child that is new: all of the first one's but who it is and
/// what it gets.
Json new_child(const Json& services) {
  Json child = !services.empty() && services[0].is_object() ? services[0] : Json::object();
  child["kind"] = "Service";
  return child;
}

}  // namespace

std::string traefik_service_label(std::string_view name_space, std::string_view service, int port) {
  std::string raw = fmt::format("{}-{}", name_space, service);
  if (port != 0) raw += fmt::format("-{}", port);
  std::string label;
  for (const char letter : raw) {
    if (std::isalnum(static_cast<unsigned char>(letter)) != 0)
      label += letter;
    else if (!label.empty() && label.back() != '-')
      label += '-';
  }
  while (!label.empty() && label.back() == '-') label.pop_back();
  return label;
}

Result<WeightedRoute> read_weighted_route(const Json& object) {
  const Json& services = value_at(object, "/spec/weighted/services");
  if (!services.is_array())
    return unusable(object, "is not a weighted one",
                    "Name a TraefikService that has spec.weighted.services.");
  WeightedRoute route;
  route.uid = text_at(object, "/metadata/uid");
  route.resource_version = text_at(object, "/metadata/resourceVersion");
  std::set<std::string> labels;
  const std::string name_space = text_at(object, "/metadata/namespace");
  for (const Json& service : services) {
    WeightedChild child;
    child.service = sanitize(text_at(service, "/name"));
    if (value_at(service, "/port").is_string())
      return unusable(object,
                      fmt::format("names the port of its child '{}' by a word", child.service),
                      "Give the port as a number, so that the child can be found in the proxies.");
    const std::string elsewhere = text_at(service, "/namespace", name_space);
    if (elsewhere != name_space)
      return unusable(object,
                      fmt::format("has the child '{}' in the namespace '{}'", child.service,
                                  sanitize(elsewhere)),
                      "Keep the children of a route in its own namespace.");
    child.port = static_cast<int>(number_at(service, "/port"));
    child.weight = static_cast<int>(number_at(service, "/weight", 1));
    if (!labels.insert(traefik_service_label(name_space, child.service, child.port)).second)
      return unusable(object,
                      fmt::format("has the child '{}' twice, as Traefik names it", child.service),
                      "Give the children names that differ in more than their punctuation.");
    route.children.push_back(std::move(child));
  }
  route.object = object;
  return route;
}

Json children_patch(const WeightedRoute& expected, const std::vector<WeightedChild>& children,
                    const Breadcrumb& breadcrumb) {
  const Json& services = value_at(expected.object, "/spec/weighted/services");
  Json list = Json::array();
  for (const WeightedChild& child : children) {
    Json entry;
    for (const Json& service : services)
      if (text_at(service, "/name") == child.service && number_at(service, "/port") == child.port)
        entry = service;
    if (entry.is_null()) entry = new_child(services);
    entry["name"] = child.service;
    entry["port"] = child.port;
    entry["weight"] = child.weight;
    list.push_back(std::move(entry));
  }
  Json patch = Json::object();
  patch["metadata"]["resourceVersion"] = expected.resource_version;
  patch["metadata"]["annotations"] = annotations_of(breadcrumb);
  patch["spec"]["weighted"]["services"] = std::move(list);
  return patch;
}

}  // namespace ostler
