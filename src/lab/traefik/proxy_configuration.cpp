// The Kubernetes provider of Traefik 3.6: from objects to routers and services.
#include "proxy_configuration.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/systems/traefik.hpp"

#include <algorithm>
#include <set>

namespace ostler::lab {
namespace {

/// Reads the configuration of one moment. Whatever cannot be built gives nothing, and takes with it
/// what was to be made of it.
class Provider {
 public:
  explicit Provider(const KnownObjects& known) : known_(known) {}

  ProxyConfiguration read() {
    for (const auto& [key, object] : known_.routes) add_route(*object, key.first, key.second);
    for (const auto& [key, object] : known_.weighted)
      if (value_at(*object, "/spec/weighted").is_object())
        add_weighted(value_at(*object, "/spec/weighted"), key.first,
                     traefik_service_label(key.first, key.second, 0));
    return std::move(result_);
  }

 private:
  void add_route(const Json& object, const std::string& name_space, const std::string& name) {
    std::vector<std::string> entry_points;
    for (const Json& point : value_at(object, "/spec/entryPoints"))
      if (point.is_string()) entry_points.push_back(point.get<std::string>());
    for (const Json& route : value_at(object, "/spec/routes")) {
      const std::string rule = text_at(route, "/match");
      if (text_at(route, "/kind", "Rule") != "Rule" || rule.empty()) continue;
      const std::string key =
          traefik_service_label(name_space, name + "-" + sha256_hex(rule).substr(0, 20), 0);
      const std::optional<std::string> service = service_of(route, name_space, key);
      if (!service) continue;
      result_.routers[key] = {entry_points, rule, *service, number_at(route, "/priority")};
    }
  }

  /// A route with one plain Service has it under the router's own name, as has a route with
  /// several.
  std::optional<std::string> service_of(const Json& route, const std::string& name_space,
                                        const std::string& key) {
    const Json& services = value_at(route, "/services");
    if (!services.is_array() || services.empty()) return "";
    if (services.size() > 1) {
      if (!add_weighted(route, name_space, key)) return std::nullopt;
      return key;
    }
    if (text_at(services[0], "/kind", "Service") == "TraefikService")
      return full_name(services[0], name_space);
    std::optional<LoadedService> service = servers_of(services[0], name_space);
    if (!service) return std::nullopt;
    result_.services[key] = std::move(*service);
    return key;
  }

  bool add_weighted(const Json& weighted, const std::string& name_space, const std::string& name) {
    LoadedService service;
    service.weighted = true;
    for (const Json& child : value_at(weighted, "/services")) {
      const std::string own = full_name(child, name_space);
      if (text_at(child, "/kind", "Service") == "Service") {
        std::optional<LoadedService> servers = servers_of(child, name_space);
        if (!servers) return false;
        result_.services[own] = std::move(*servers);
      }
      service.children.push_back({own, static_cast<int>(number_at(child, "/weight", 1))});
    }
    if (const Json& cookie = value_at(weighted, "/sticky/cookie"); cookie.is_object())
      service.sticky = cookie_of(cookie, name);
    result_.services[name] = std::move(service);
    return true;
  }

  static std::string full_name(const Json& reference, const std::string& name_space) {
    const Json& port = value_at(reference, "/port");
    const std::string name = text_at(reference, "/name");
    const bool plain = text_at(reference, "/kind", "Service") == "Service";
    if (plain && port.is_string() && !port.get<std::string>().empty())
      return traefik_service_label(name_space, name + "-" + port.get<std::string>(), 0);
    return traefik_service_label(name_space, name,
                                 plain ? static_cast<int>(number_at(reference, "/port")) : 0);
  }

  static StickyCookie cookie_of(const Json& cookie, const std::string& service) {
    StickyCookie result;
    result.name = text_at(cookie, "/name");
    if (result.name.empty())
      result.name = "_" + sha1_hex("_TRAEFIK_BACKEND_" + service + "@kubernetescrd").substr(0, 5);
    result.same_site = text_at(cookie, "/sameSite");
    result.domain = text_at(cookie, "/domain");
    result.path = text_at(cookie, "/path", "/");
    result.secure = flag_at(cookie, "/secure");
    result.http_only = flag_at(cookie, "/httpOnly");
    result.max_age = number_at(cookie, "/maxAge");
    return result;
  }

  /// Nothing for a Service that is not there, belongs to another namespace, lacks that port, or has
  /// no endpoint that serves.
  std::optional<LoadedService> servers_of(const Json& reference,
                                          const std::string& name_space) const {
    const std::string name = text_at(reference, "/name");
    if (text_at(reference, "/namespace", name_space) != name_space) return std::nullopt;
    const auto found = known_.services.find({name_space, name});
    if (found == known_.services.end()) return std::nullopt;
    const Json* port = port_of(*found->second, value_at(reference, "/port"));
    if (port == nullptr) return std::nullopt;
    LoadedService service;
    service.pass_host = flag_at(reference, "/passHostHeader", true);
    if (const auto slices = known_.slices.find({name_space, name}); slices != known_.slices.end())
      add_servers(slices->second, text_at(*port, "/name"), service.servers);
    if (service.servers.empty()) return std::nullopt;
    return service;
  }

  static const Json* port_of(const Json& service, const Json& wanted) {
    for (const Json& port : value_at(service, "/spec/ports"))
      if (wanted.is_string() ? text_at(port, "/name") == wanted.get<std::string>()
                             : wanted.is_number_integer() &&
                                   number_at(port, "/port") == wanted.get<std::int64_t>())
        return &port;
    return nullptr;
  }

  static void add_servers(const std::map<std::string, Objects::Stored>& slices,
                          const std::string& port_name, std::vector<LoadedServer>& servers) {
    std::set<std::string> addresses;
    for (const auto& [name, slice] : slices) {
      int port = 0;
      for (const Json& candidate : value_at(*slice, "/ports"))
        if (port == 0 && text_at(candidate, "/name") == port_name)
          port = static_cast<int>(number_at(candidate, "/port"));
      if (port == 0) continue;
      for (const Json& endpoint : value_at(*slice, "/endpoints")) {
        if (!flag_at(endpoint, "/conditions/serving", true)) continue;
        for (const Json& address : value_at(endpoint, "/addresses"))
          if (address.is_string() && addresses.insert(address.get<std::string>()).second)
            servers.push_back(
                {address.get<std::string>(), port, flag_at(endpoint, "/conditions/terminating")});
      }
    }
  }

  const KnownObjects& known_;
  ProxyConfiguration result_;
};

}  // namespace

ProxyConfiguration read_configuration(const KnownObjects& known) {
  return Provider(known).read();
}

}  // namespace ostler::lab
