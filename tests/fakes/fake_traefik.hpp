// Traefik in memory: proxies that load the route of a FakeKubernetes late, one by one, and count
// the requests they get.
#pragma once

#include "tests/fakes/fake_kubernetes.hpp"

#include "ostler/systems/traefik.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ostler {

/// Each proxy loads a changed TraefikService at its `looks_to_load`-th look at it after the change.
/// As the real one, a proxy has no route at all while one child has no ready address. Addresses
/// come from the EndpointSlices of the FakeKubernetes (see fake_controllers.hpp), unless
/// `addresses` names the Service. Counters: before every answer each proxy receives
/// `requests_per_look` requests and spreads them over the children it has loaded by weight, as
/// Traefik does (a deterministic round robin); `behaviour` says how a Service answers.
class FakeTraefik final : public Traefik {
 public:
  struct Behaviour {
    double error_ratio = 0;  ///< answers with code 5xx
    double seconds = 0.05;   ///< duration of each request
  };

  explicit FakeTraefik(FakeKubernetes& kubernetes,
                       std::vector<std::string> names = {"traefik-1", "traefik-2"});

  std::vector<Proxy> fleet;
  int looks_to_load = 1;
  std::set<std::string> stuck;              ///< proxies that load nothing any more
  std::map<std::string, Failure> failures;  ///< by proxy: what its API and metrics answer instead
  std::map<std::string, std::vector<std::string>>
      addresses;                               ///< by Service, instead of EndpointSlices
  std::map<std::string, Behaviour> behaviour;  ///< by Service
  int requests_per_look = 0;
  std::function<void()> before_counters;  ///< called before every counters()
  std::optional<Failure> proxies_failure;

  /// Adds to the counters of one Service at one proxy.
  void count(const std::string& proxy, const std::string& label, double requests, double errors,
             double seconds_each);
  /// The proxy starts anew: counters from zero, nothing loaded.
  void restart(const std::string& proxy);

  Result<WeightedRoute> route(const std::string& name_space,
                              const std::string& name) const override;
  Result<WeightedRoute> set_children(const std::string& name_space, const std::string& name,
                                     const WeightedRoute& expected,
                                     const std::vector<WeightedChild>& children,
                                     const Breadcrumb& breadcrumb) override;
  Result<std::vector<Proxy>> proxies() const override;
  std::vector<Result<LoadedRoute>> loaded(const std::vector<Proxy>& proxies,
                                          const std::string& name_space,
                                          const std::string& name) const override;
  std::vector<Result<ProxyCounters>> counters(const std::vector<Proxy>& proxies) const override;

 private:
  void load_first() const;

  struct Loading {
    Json children;  ///< of the newest object seen
    int looks = 0;  ///< since it changed
    std::vector<WeightedChild> live;
  };

  LoadedRoute look(const std::string& proxy, const std::string& name_space,
                   const std::string& name) const;

  std::vector<std::string> addresses_of(const std::string& name_space,
                                        const WeightedChild& child) const;
  void serve(const std::string& proxy) const;
  void add(const std::string& proxy, const std::string& label, double requests, double errors,
           double seconds_each) const;
  double started(const std::string& proxy) const;

  FakeKubernetes& kubernetes_;
  mutable std::map<std::string, std::map<std::string, Loading>>
      loaded_;  ///< by proxy, by "namespace/name"
  mutable std::map<std::string, std::map<std::string, ServiceCounters>> counters_;
  mutable std::map<std::string, double> due_;  ///< parts of requests not served yet
  std::map<std::string, double> started_;
};

}  // namespace ostler
