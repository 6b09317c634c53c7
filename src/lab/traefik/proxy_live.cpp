// A loaded configuration at work: Traefik's router and service managers.
#include "proxy_live.hpp"

#include "ostler/base/hash.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace ostler::lab {
namespace {

constexpr const char* provider = "@kubernetescrd";
const std::vector<std::string> all_entry_points{"web", "traefik"};

Failure wrong(std::string why) {
  return {FailureKind::permanent, std::move(why), "", ""};
}

}  // namespace

const Result<std::shared_ptr<const ProxyRule>>& RuleBook::rule(const std::string& text) {
  const auto found = rules_.find(text);
  return found != rules_.end() ? found->second
                               : rules_.emplace(text, read_rule(text)).first->second;
}

LiveConfiguration::LiveConfiguration(ProxyConfiguration configuration, World& world,
                                     RuleBook& rules, ProxyMetrics& metrics)
    : configuration_(std::move(configuration)), world_(world), metrics_(metrics) {
  routers_.reserve(configuration_.routers.size());
  for (const auto& [name, loaded] : configuration_.routers) build_router(name, loaded, rules);
  for (Router& router : routers_)
    if (router.service != nullptr) served_.push_back(&router);
  std::stable_sort(served_.begin(), served_.end(),
                   [](const Router* a, const Router* b) { return a->priority > b->priority; });
}

void LiveConfiguration::build_router(const std::string& name, const LoadedRouter& loaded,
                                     RuleBook& rules) {
  Router& router = routers_.emplace_back();
  router.name = name + provider;
  router.loaded = &loaded;
  router.priority =
      loaded.priority != 0 ? loaded.priority : static_cast<std::int64_t>(loaded.rule.size());
  for (const std::string& point :
       loaded.entry_points.empty() ? std::vector<std::string>{"web"} : loaded.entry_points)
    if (std::find(all_entry_points.begin(), all_entry_points.end(), point) !=
        all_entry_points.end())
      router.entry_points.push_back(point);
    else
      router.error = fmt::format("EntryPoint doesn't exist: {}", point);
  if (router.entry_points.empty()) return;
  const auto& rule = rules.rule(loaded.rule);
  if (!rule.ok()) {
    router.error =
        fmt::format("error while adding rule {}: {}", loaded.rule, rule.failure().message);
    return;
  }
  router.rule = *rule;
  if (loaded.service.empty()) {
    router.error = "the service is missing on the router";
    return;
  }
  Result<Service*> service = build(loaded.service, 0);
  if (!service.ok()) {
    router.error = service.failure().message;
    return;
  }
  router.service = *service;
  router.recorder = metrics_.router(router.name, loaded.service + provider);
}

Result<LiveConfiguration::Service*> LiveConfiguration::build(const std::string& name, int depth) {
  if (const auto found = services_.find(name); found != services_.end()) return found->second.get();
  const auto loaded = configuration_.services.find(name);
  if (loaded == configuration_.services.end())
    return wrong(fmt::format("the service \"{}{}\" does not exist", name, provider));
  constexpr int deepest = 16;
  if (depth > deepest)
    return wrong(fmt::format("could not instantiate service {}: recursion detected", name));
  auto service = std::make_unique<Service>();
  service->name = name + provider;
  service->loaded = &loaded->second;
  if (loaded->second.weighted)
    OSTLER_CHECK(build_children(*service, depth));
  else
    build_servers(*service);
  return (services_[name] = std::move(service)).get();
}

Result<void> LiveConfiguration::build_children(Service& service, int depth) {
  const std::vector<LoadedService::Child>& children = service.loaded->children;
  for (const LoadedService::Child& child : children) {
    OSTLER_TRY(Service * built, build(child.service, depth + 1));
    service.children.push_back(built);
    if (service.loaded->sticky) service.cookies.push_back(sha256_hex(child.service).substr(0, 16));
  }
  for (const std::size_t at : shuffled(children.size()))
    service.balancer.add(at, children[at].weight, false);
  return {};
}

void LiveConfiguration::build_servers(Service& service) {
  const std::vector<LoadedServer>& servers = service.loaded->servers;
  for (const std::size_t at : shuffled(servers.size()))
    service.balancer.add(at, 1, servers[at].fenced);
  service.recorder = metrics_.service(service.name);
}

std::vector<std::size_t> LiveConfiguration::shuffled(std::size_t count) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t at = count; at > 1; --at)
    std::swap(order[at - 1], order[static_cast<std::size_t>(world_.random(at))]);
  return order;
}

const LiveConfiguration::Service* LiveConfiguration::working(const std::string& name) const {
  const auto found = services_.find(name);
  return found == services_.end() ? nullptr : found->second.get();
}

LiveConfiguration::Router* LiveConfiguration::route(const RuleQuestion& question) {
  for (Router* router : served_)
    if (std::find(router->entry_points.begin(), router->entry_points.end(), "web") !=
            router->entry_points.end() &&
        router->rule->fits(question))
      return router;
  return nullptr;
}

}  // namespace ostler::lab
