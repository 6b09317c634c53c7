// Reads a weighted route with its children and their addresses out of a proxy's list of services.
#include "systems/traefik_loaded.hpp"

#include "ostler/base/text.hpp"

#include <algorithm>
#include <cstdlib>

namespace ostler {
namespace {

constexpr std::string_view provider = "@kubernetescrd";

std::string without_provider(std::string name) {
  return name.substr(0, name.find('@'));
}

const Json* find(const Json& services, const std::string& label) {
  for (const Json& service : services)
    if (text_at(service, "/name") == label + std::string{provider}) return &service;
  return nullptr;
}

/// "http://10.88.0.5:8069" as "10.88.0.5:8069".
std::string address_of(const std::string& url) {
  const auto scheme = url.find("://");
  std::string rest = scheme == std::string::npos ? url : url.substr(scheme + 3);
  return sanitize(rest.substr(0, rest.find('/')));
}

std::vector<std::string> addresses_of(const Json& service) {
  std::vector<std::string> result;
  if (const Json& servers = value_at(service, "/loadBalancer/servers"); servers.is_array())
    for (const Json& server : servers) result.push_back(address_of(text_at(server, "/url")));
  std::sort(result.begin(), result.end());
  return result;
}

LoadedRoute::Child child_of(const std::string& label, const std::string& name_space) {
  LoadedRoute::Child child;
  const std::string prefix = traefik_service_label(name_space, "", 0) + "-";
  child.service = starts_with(label, prefix) ? label.substr(prefix.size()) : label;
  const auto dash = child.service.rfind('-');
  if (dash != std::string::npos && dash > 0) {
    const std::string port = child.service.substr(dash + 1);
    if (!port.empty() && port.size() < 6 &&
        port.find_first_not_of("0123456789") == std::string::npos) {
      child.port = std::atoi(port.c_str());
      child.service.resize(dash);
    }
  }
  child.service = sanitize(child.service);
  return child;
}

}  // namespace

LoadedRoute read_loaded_route(const Json& services, const std::string& name_space,
                              const std::string& name) {
  LoadedRoute route;
  const Json* weighted = find(services, traefik_service_label(name_space, name, 0));
  if (weighted == nullptr) return route;
  const Json& children = value_at(*weighted, "/weighted/services");
  if (!children.is_array() || text_at(*weighted, "/status", "enabled") != "enabled") return route;
  route.found = true;
  for (const Json& entry : children) {
    const std::string label = without_provider(text_at(entry, "/name"));
    LoadedRoute::Child child = child_of(label, name_space);
    child.weight = static_cast<int>(number_at(entry, "/weight", 1));
    if (const Json* service = find(services, label)) child.addresses = addresses_of(*service);
    route.children.push_back(std::move(child));
  }
  return route;
}

}  // namespace ostler
