// Traefik in memory: proxies that load the route of a FakeKubernetes late, one by one, and count
// the requests they get.
#pragma once

#include "systems/traefik_route.hpp"
#include "tests/fakes/fake_kubernetes.hpp"

#include "ostler/systems/traefik.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
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
                       std::vector<std::string> names = {"traefik-1", "traefik-2"})
      : kubernetes_(kubernetes) {
    for (const std::string& name : names)
      fleet.push_back({name, fmt::format("10.88.9.{}", fleet.size() + 2)});
    // What stands there when ostler first looks around was loaded long ago.
    kubernetes_.on_look([this](FakeKubernetes&, const ObjectRef&) { load_first(); });
  }

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
             double seconds_each) {
    const std::lock_guard guard{kubernetes_.mutex()};
    add(proxy, label, requests, errors, seconds_each);
  }
  /// The proxy starts anew: counters from zero, nothing loaded.
  void restart(const std::string& proxy) {
    const std::lock_guard guard{kubernetes_.mutex()};
    counters_[proxy] = {};
    started_[proxy] = started(proxy) + 100;
    loaded_.erase(proxy);
  }

  Result<WeightedRoute> route(const std::string& name_space,
                              const std::string& name) const override {
    const ObjectRef ref = traefik_service_ref(name_space, name);
    auto object = kubernetes_.get(ref);
    if (!object.ok()) return object.failure();
    if (!object->has_value())
      return Failure{FailureKind::permanent, ref.text() + " is not there", "", "404"};
    return read_weighted_route(**object);
  }

  Result<WeightedRoute> set_children(const std::string& name_space, const std::string& name,
                                     const WeightedRoute& expected,
                                     const std::vector<WeightedChild>& children,
                                     const Breadcrumb& breadcrumb) override {
    auto written = kubernetes_.merge_patch(traefik_service_ref(name_space, name),
                                           children_patch(expected, children, breadcrumb));
    if (!written.ok()) return written.failure();
    return read_weighted_route(*written);
  }

  Result<std::vector<Proxy>> proxies() const override {
    if (proxies_failure) return *proxies_failure;
    if (fleet.empty())
      return Failure{FailureKind::transient, "no running Traefik Pod in the namespace traefik", "",
                     ""};
    return fleet;
  }

  std::vector<Result<LoadedRoute>> loaded(const std::vector<Proxy>& proxies,
                                          const std::string& name_space,
                                          const std::string& name) const override {
    const std::lock_guard guard{kubernetes_.mutex()};
    std::vector<Result<LoadedRoute>> result;
    for (const Proxy& proxy : proxies) {
      const auto failure = failures.find(proxy.name);
      if (failure != failures.end())
        result.emplace_back(failure->second);
      else
        result.emplace_back(look(proxy.name, name_space, name));
    }
    return result;
  }

  std::vector<Result<ProxyCounters>> counters(const std::vector<Proxy>& proxies) const override {
    if (before_counters) before_counters();
    load_first();
    const std::lock_guard guard{kubernetes_.mutex()};
    std::vector<Result<ProxyCounters>> result;
    for (const Proxy& proxy : proxies) {
      serve(proxy.name);
      const auto failure = failures.find(proxy.name);
      if (failure != failures.end()) {
        result.emplace_back(failure->second);
        continue;
      }
      ProxyCounters answer;
      answer.proxy = proxy.name;
      answer.started = started(proxy.name);
      answer.services = counters_[proxy.name];
      result.emplace_back(std::move(answer));
    }
    return result;
  }

 private:
  void load_first() const {
    const std::lock_guard guard{kubernetes_.mutex()};
    for (const Json& object : kubernetes_.objects("TraefikService", "")) {
      const ObjectRef ref = FakeKubernetes::ref_of(object);
      const auto route = read_weighted_route(object);
      for (const Proxy& proxy : fleet) {
        auto& known = loaded_[proxy.name];
        if (route.ok() && known.count(ref.name_space + "/" + ref.name) == 0)
          known[ref.name_space + "/" + ref.name] = {value_of(object), looks_to_load,
                                                    route->children};
      }
    }
  }

  struct Loading {
    Json children;  ///< of the newest object seen
    int looks = 0;  ///< since it changed
    std::vector<WeightedChild> live;
  };

  LoadedRoute look(const std::string& proxy, const std::string& name_space,
                   const std::string& name) const {
    Loading& loading = loaded_[proxy][name_space + "/" + name];
    const Json object = kubernetes_.object(traefik_service_ref(name_space, name));
    const auto route = read_weighted_route(object.is_null() ? Json::object() : object);
    const Json children = object.is_null() ? Json{} : value_of(object);
    if (children != loading.children) {
      loading.children = children;
      loading.looks = 0;
    }
    ++loading.looks;
    if (stuck.count(proxy) == 0 && loading.looks >= looks_to_load)
      loading.live = route.ok() ? route->children : std::vector<WeightedChild>{};
    LoadedRoute result;
    for (const WeightedChild& child : loading.live) {
      LoadedRoute::Child shown{child.service, child.port, child.weight,
                               addresses_of(name_space, child)};
      if (shown.addresses.empty()) return {};
      result.children.push_back(std::move(shown));
    }
    result.found = !result.children.empty();
    return result;
  }

  static Json value_of(const Json& object) {
    const Json::json_pointer at{"/spec/weighted/services"};
    return object.contains(at) ? object.at(at) : Json{};
  }

  std::vector<std::string> addresses_of(const std::string& name_space,
                                        const WeightedChild& child) const {
    const auto given = addresses.find(child.service);
    if (given != addresses.end()) return given->second;
    std::vector<std::string> result;
    for (const Json& slice : kubernetes_.objects("EndpointSlice", name_space)) {
      if (slice["metadata"]["labels"].value("kubernetes.io/service-name", "") != child.service)
        continue;
      for (const Json& endpoint : slice["endpoints"])
        if (endpoint["conditions"].value("serving", false))
          for (const Json& port : slice["ports"])
            result.push_back(fmt::format("{}:{}", endpoint["addresses"][0].get<std::string>(),
                                         port["port"].get<int>()));
    }
    std::sort(result.begin(), result.end());
    return result;
  }

  void serve(const std::string& proxy) const {
    for (auto& [key, loading] : loaded_[proxy]) {
      const std::string name_space = key.substr(0, key.find('/'));
      double all = 0;
      for (const WeightedChild& child : loading.live) all += child.weight;
      if (all <= 0) continue;
      for (const WeightedChild& child : loading.live) {
        if (child.weight <= 0) continue;
        double& exact = due_[proxy + "/" + key + "/" + child.service];
        exact += requests_per_look * child.weight / all;
        const double whole = static_cast<double>(static_cast<std::int64_t>(exact + 1e-9));
        exact -= whole;
        const auto found = behaviour.find(child.service);
        const Behaviour how = found == behaviour.end() ? Behaviour{} : found->second;
        add(proxy, traefik_service_label(name_space, child.service, child.port), whole,
            whole * how.error_ratio, how.seconds);
      }
    }
  }

  void add(const std::string& proxy, const std::string& label, double requests, double errors,
           double seconds_each) const {
    ServiceCounters& counters = counters_[proxy][label];
    counters.requests += requests;
    counters.errors += errors;
    counters.seconds += requests * seconds_each;
    for (const double bound : {0.1, 0.3, 1.2, 5.0, std::numeric_limits<double>::infinity()})
      counters.buckets[bound] += seconds_each <= bound ? requests : 0;
  }

  double started(const std::string& proxy) const {
    const auto found = started_.find(proxy);
    return found == started_.end() ? 1.764e9 : found->second;
  }

  FakeKubernetes& kubernetes_;
  mutable std::map<std::string, std::map<std::string, Loading>>
      loaded_;  ///< by proxy, by "namespace/name"
  mutable std::map<std::string, std::map<std::string, ServiceCounters>> counters_;
  mutable std::map<std::string, double> due_;  ///< parts of requests not served yet
  std::map<std::string, double> started_;
};

}  // namespace ostler
