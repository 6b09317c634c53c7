// How proxies in memory load a route and count the requests they get.
#include "tests/fakes/fake_traefik.hpp"

#include "systems/traefik_route.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <utility>

namespace ostler {

namespace {

Json value_of(const Json& object) {
  const Json::json_pointer at{"/spec/weighted/services"};
  return object.contains(at) ? object.at(at) : Json{};
}

}  // namespace

FakeTraefik::FakeTraefik(FakeKubernetes& kubernetes, std::vector<std::string> names)
    : kubernetes_(kubernetes) {
  for (const std::string& name : names)
    fleet.push_back({name, fmt::format("10.88.9.{}", fleet.size() + 2)});
  // What stands there when ostler first looks around was loaded long ago.
  kubernetes_.on_look([this](FakeKubernetes&, const ObjectRef&) { load_first(); });
}

void FakeTraefik::count(const std::string& proxy, const std::string& label, double requests,
                        double errors, double seconds_each) {
  const std::lock_guard guard{kubernetes_.mutex()};
  add(proxy, label, requests, errors, seconds_each);
}

void FakeTraefik::restart(const std::string& proxy) {
  const std::lock_guard guard{kubernetes_.mutex()};
  counters_[proxy] = {};
  started_[proxy] = started(proxy) + 100;
  loaded_.erase(proxy);
}

Result<WeightedRoute> FakeTraefik::route(const std::string& name_space,
                                         const std::string& name) const {
  const ObjectRef ref = traefik_service_ref(name_space, name);
  auto object = kubernetes_.get(ref);
  if (!object.ok()) return object.failure();
  if (!object->has_value())
    return Failure{FailureKind::permanent, ref.text() + " is not there", "", "404"};
  return read_weighted_route(**object);
}

Result<WeightedRoute> FakeTraefik::set_children(const std::string& name_space,
                                                const std::string& name,
                                                const WeightedRoute& expected,
                                                const std::vector<WeightedChild>& children,
                                                const Breadcrumb& breadcrumb) {
  auto written = kubernetes_.merge_patch(traefik_service_ref(name_space, name),
                                         children_patch(expected, children, breadcrumb));
  if (!written.ok()) return written.failure();
  return read_weighted_route(*written);
}

Result<std::vector<Proxy>> FakeTraefik::proxies() const {
  if (proxies_failure) return *proxies_failure;
  if (fleet.empty())
    return Failure{FailureKind::transient, "no running Traefik Pod in the namespace traefik", "",
                   ""};
  return fleet;
}

std::vector<Result<LoadedRoute>> FakeTraefik::loaded(const std::vector<Proxy>& proxies,
                                                     const std::string& name_space,
                                                     const std::string& name) const {
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

std::vector<Result<ProxyCounters>> FakeTraefik::counters(const std::vector<Proxy>& proxies) const {
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

void FakeTraefik::load_first() const {
  const std::lock_guard guard{kubernetes_.mutex()};
  for (const Json& object : kubernetes_.objects("TraefikService", "")) {
    const ObjectRef ref = FakeKubernetes::ref_of(object);
    const auto route = read_weighted_route(object);
    for (const Proxy& proxy : fleet) {
      auto& known = loaded_[proxy.name];
      if (route.ok() && known.count(ref.name_space + "/" + ref.name) == 0)
        known[ref.name_space + "/" + ref.name] = {value_of(object), looks_to_load, route->children};
    }
  }
}

LoadedRoute FakeTraefik::look(const std::string& proxy, const std::string& name_space,
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

std::vector<std::string> FakeTraefik::addresses_of(const std::string& name_space,
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

void FakeTraefik::serve(const std::string& proxy) const {
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

void FakeTraefik::add(const std::string& proxy, const std::string& label, double requests,
                      double errors, double seconds_each) const {
  ServiceCounters& counters = counters_[proxy][label];
  counters.requests += requests;
  counters.errors += errors;
  counters.seconds += requests * seconds_each;
  for (const double bound : {0.1, 0.3, 1.2, 5.0, std::numeric_limits<double>::infinity()})
    counters.buckets[bound] += seconds_each <= bound ? requests : 0;
}

double FakeTraefik::started(const std::string& proxy) const {
  const auto found = started_.find(proxy);
  return found == started_.end() ? 1.764e9 : found->second;
}

}  // namespace ostler
