#pragma once

#include "ostler/base/json.hpp"
#include "ostler/base/result.hpp"
#include "ostler/systems/kubernetes.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ostler {

/// One child of a weighted TraefikService.
struct WeightedChild {
  std::string service;  ///< name of the Kubernetes Service
  int port = 0;
  int weight = 0;
  bool operator==(const WeightedChild&) const = default;
};

/// A weighted TraefikService as it stands in the API server.
struct WeightedRoute {
  std::string uid;
  std::string resource_version;
  std::vector<WeightedChild> children;
  Json object;  ///< everything, for a snapshot
};

/// One running Traefik.
struct Proxy {
  std::string name;     ///< the Pod
  std::string address;  ///< its IP
};

/// What one Traefik has loaded for a route.
struct LoadedRoute {
  struct Child {
    std::string service;
    int port = 0;
    int weight = 0;
    std::vector<std::string> addresses;  ///< "ip:port", sorted
  };
  bool found = false;
  std::vector<Child> children;
};

/// Counters of one service at one Traefik since that Traefik started. A smaller value than before
/// means a restart.
struct ServiceCounters {
  double requests = 0;
  double errors = 0;                 ///< answers with code 5xx
  double seconds = 0;                ///< sum of the durations
  std::map<double, double> buckets;  ///< upper bound in seconds -> cumulative count, +Inf included
};

struct ProxyCounters {
  std::string proxy;
  double started = 0;                               ///< process_start_time_seconds
  std::map<std::string, ServiceCounters> services;  ///< by traefik_service_label()
};

/// What Traefik calls a child in its metrics and its API, without "@kubernetescrd":
/// "<namespace>-<service>-<port>", every run of other characters than letters and digits made one
/// dash; without the port when it is 0 (a TraefikService).
std::string traefik_service_label(std::string_view name_space, std::string_view service, int port);

class TraefikLook {
 public:
  virtual ~TraefikLook() = default;
  /// Fails as `permanent` with code "404" when there is no such TraefikService, and when it is not
  /// a weighted one.
  virtual Result<WeightedRoute> route(const std::string& name_space,
                                      const std::string& name) const = 0;
  /// All running Traefik Pods by the environment's selector; at least one, or a failure.
  virtual Result<std::vector<Proxy>> proxies() const = 0;
  /// What each of `proxies` has loaded, asked at once, in their order (GET /api/http/services).
  virtual std::vector<Result<LoadedRoute>> loaded(const std::vector<Proxy>& proxies,
                                                  const std::string& name_space,
                                                  const std::string& name) const = 0;
  /// The counters of each proxy, asked at once, in their order (GET /metrics).
  virtual std::vector<Result<ProxyCounters>> counters(const std::vector<Proxy>& proxies) const = 0;
};

class Traefik : public TraefikLook {
 public:
  /// Replaces the whole list of children in one write, guarded by `expected.resource_version`;
  /// sticky settings and other fields of children that stay are kept, a new child gets those of the
  /// first one (scheme, serversTransport and so on belong to the application). The breadcrumb goes
  /// into the same write.
  virtual Result<WeightedRoute> set_children(const std::string& name_space, const std::string& name,
                                             const WeightedRoute& expected,
                                             const std::vector<WeightedChild>& children,
                                             const Breadcrumb& breadcrumb) = 0;
};

struct TraefikSettings {
  std::string name_space = "traefik";  ///< where the Traefik Pods run
  std::string selector = "app.kubernetes.io/name=traefik";
  int api_port = 8080;  ///< of the entry point `traefik` (API and metrics)
  enum class Reach {
    direct,
    api_server
  } reach = Reach::direct;  ///< to the Pods' addresses, or through the API server
};

std::unique_ptr<Traefik> make_traefik(const TraefikSettings& settings, Kubernetes& kubernetes,
                                      HttpClient& http);

/// Reads the Prometheus text format of Traefik's /metrics. Pure; unknown lines are skipped.
ProxyCounters parse_traefik_metrics(std::string_view text);

}  // namespace ostler
