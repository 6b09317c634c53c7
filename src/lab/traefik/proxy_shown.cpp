// Routers and services as the API of Traefik 3.6 shows them.
#include "proxy_api.hpp"

#include <fmt/format.h>

#include <limits>

namespace ostler::lab {
namespace {

constexpr const char* provider_name = "kubernetescrd";

Json shown_cookie(const StickyCookie& cookie) {
  Json shown{{"name", cookie.name}, {"path", cookie.path}};
  if (cookie.secure) shown["secure"] = true;
  if (cookie.http_only) shown["httpOnly"] = true;
  if (!cookie.same_site.empty()) shown["sameSite"] = cookie.same_site;
  if (cookie.max_age != 0) shown["maxAge"] = cookie.max_age;
  if (!cookie.domain.empty()) shown["domain"] = cookie.domain;
  return shown;
}

Json shown_weighted(const LoadedService& service) {
  Json shown = Json::object();
  for (const LoadedService::Child& child : service.children)
    shown["services"].push_back({{"name", child.service}, {"weight", child.weight}});
  if (service.sticky) shown["sticky"]["cookie"] = shown_cookie(*service.sticky);
  return shown;
}

Json shown_balancer(const LoadedService& service) {
  Json shown{{"strategy", "wrr"}, {"passHostHeader", service.pass_host}};
  shown["responseForwarding"]["flushInterval"] = "100ms";
  for (const LoadedServer& server : service.servers) {
    Json one{{"url", server.url()}};
    if (server.fenced) one["fenced"] = true;
    shown["servers"].push_back(std::move(one));
  }
  return shown;
}

Json shown_service(const LiveConfiguration& live, const std::string& name,
                   const LoadedService& service) {
  Json shown{
      {"name", name + "@" + provider_name}, {"provider", provider_name}, {"status", "enabled"}};
  shown["type"] = service.weighted ? "weighted" : "loadbalancer";
  shown[service.weighted ? "weighted" : "loadBalancer"] =
      service.weighted ? shown_weighted(service) : shown_balancer(service);
  for (const LiveConfiguration::Router& router : live.routers())
    if (router.loaded->service == name) shown["usedBy"].push_back(router.name);
  // Servers have a status only where a router leads to them.
  if (!service.weighted && live.working(name) != nullptr)
    for (const LoadedServer& server : service.servers) shown["serverStatus"][server.url()] = "UP";
  return shown;
}

Json internal_router(const char* name, const char* rule, std::int64_t priority) {
  const std::string full = std::string(name) + "@internal";
  return {{"entryPoints", {"traefik"}},
          {"using", {"traefik"}},
          {"name", full},
          {"service", full},
          {"provider", "internal"},
          {"rule", rule},
          {"ruleSyntax", "default"},
          {"priority", priority},
          {"priorityStr", std::to_string(priority)},
          {"status", "enabled"}};
}

Json sorted_by_name(Json list) {
  std::sort(list.begin(), list.end(),
            [](const Json& a, const Json& b) { return text_at(a, "/name") < text_at(b, "/name"); });
  return list;
}

}  // namespace

Json shown_routers(const LiveConfiguration& live) {
  constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
  Json list = Json::array({internal_router("api", "PathPrefix(`/api`)", highest - 1),
                           internal_router("ping", "PathPrefix(`/ping`)", highest),
                           internal_router("prometheus", "PathPrefix(`/metrics`)", highest)});
  for (const LiveConfiguration::Router& router : live.routers()) {
    Json shown{{"name", router.name},
               {"provider", provider_name},
               {"rule", router.loaded->rule},
               {"priority", router.priority},
               {"priorityStr", std::to_string(router.priority)},
               {"status", router.service == nullptr ? "disabled"
                          : router.error.empty()    ? "enabled"
                                                    : "warning"}};
    shown["observability"] = {
        {"accessLogs", true}, {"metrics", true}, {"tracing", true}, {"traceVerbosity", "minimal"}};
    if (!router.loaded->service.empty()) shown["service"] = router.loaded->service;
    shown["entryPoints"] =
        router.loaded->entry_points.empty() ? router.entry_points : router.loaded->entry_points;
    if (!router.entry_points.empty()) shown["using"] = router.entry_points;
    if (!router.error.empty()) shown["error"] = Json::array({router.error});
    list.push_back(std::move(shown));
  }
  return sorted_by_name(std::move(list));
}

Json shown_services(const LiveConfiguration& live) {
  Json list = Json::array(
      {Json{{"name", "noop@internal"}, {"provider", "internal"}, {"status", "enabled"}}});
  for (const char* name : {"api@internal", "ping@internal", "prometheus@internal"})
    list.push_back({{"name", name},
                    {"provider", "internal"},
                    {"status", "enabled"},
                    {"usedBy", Json::array({name})}});
  for (const auto& [name, service] : live.configuration().services)
    list.push_back(shown_service(live, name, service));
  return sorted_by_name(std::move(list));
}

}  // namespace ostler::lab
