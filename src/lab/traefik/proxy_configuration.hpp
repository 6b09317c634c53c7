#pragma once

#include "proxy_rule.hpp"

#include "ostler/lab/objects.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ostler::lab {

/// What a Traefik knows of the objects in the API server: its own copy, as old as what it has
/// noticed.
struct KnownObjects {
  using ByName = std::map<std::pair<std::string, std::string>, Objects::Stored>;
  ByName routes;    ///< IngressRoutes, by namespace and name
  ByName weighted;  ///< TraefikServices
  ByName services;  ///< Services
  /// EndpointSlices by namespace and Service, then by their own name.
  std::map<std::pair<std::string, std::string>, std::map<std::string, Objects::Stored>> slices;

  /// True when a Traefik watches that kind.
  static bool watched(const ObjectRef& ref);
  /// Everything that stands there now.
  static KnownObjects all_of(const Objects& objects);
  void take(const Change& change);

 private:
  ByName* named(const ObjectRef& ref);
};

struct LoadedServer {
  std::string address;  ///< its IP
  int port = 0;
  bool fenced = false;  ///< terminating, still serving: gets nobody new
  std::string url() const;
  bool operator==(const LoadedServer&) const = default;
};

struct StickyCookie {
  std::string name, same_site, domain, path = "/";
  bool secure = false, http_only = false;
  std::int64_t max_age = 0;
  bool operator==(const StickyCookie&) const = default;
};

/// A load balancer over servers, or one over other services.
struct LoadedService {
  struct Child {
    std::string service;
    int weight = 1;
    bool operator==(const Child&) const = default;
  };
  bool weighted = false;
  std::vector<LoadedServer> servers;
  bool pass_host = true;
  std::vector<Child> children;
  std::optional<StickyCookie> sticky;
  bool operator==(const LoadedService&) const = default;
};

struct LoadedRouter {
  std::vector<std::string> entry_points;  ///< empty: all
  std::string rule, service;
  std::int64_t priority = 0;  ///< 0: the length of the rule
  bool operator==(const LoadedRouter&) const = default;
};

/// What the Kubernetes provider of a Traefik makes of the objects. Names lack "@kubernetescrd".
struct ProxyConfiguration {
  std::map<std::string, LoadedService> services;
  std::map<std::string, LoadedRouter> routers;
  bool operator==(const ProxyConfiguration&) const = default;
};

/// As the real provider does: a TraefikService with a child that has no serving endpoint is left
/// out as a whole, while the children before that one are in.
ProxyConfiguration read_configuration(const KnownObjects& known);

}  // namespace ostler::lab
