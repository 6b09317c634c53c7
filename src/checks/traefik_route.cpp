// traefik.route: each cell's route stands as a release expects it, and every proxy really serves it
// that way.
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/systems/workload.hpp"

#include <set>

namespace ostler {

namespace {

std::string text(const std::vector<WeightedChild>& children) {
  std::vector<std::string> parts;
  for (const WeightedChild& child : children)
    parts.push_back(fmt::format("{}:{} {}", child.service, child.port, child.weight));
  return parts.empty() ? "no children" : join(parts, ", ");
}

std::string text(const LoadedRoute& route) {
  std::vector<WeightedChild> children;
  for (const LoadedRoute::Child& child : route.children)
    children.push_back({child.service, child.port, child.weight});
  return text(children);
}

/// What one proxy does otherwise than it should, or an empty text.
std::string misfit(const LoadedRoute& loaded, const WeightedChild& wanted,
                   const ServiceAddresses& addresses) {
  if (!loaded.found) return "does not serve the route";
  if (loaded.children.size() != 1 || loaded.children[0].service != wanted.service ||
      loaded.children[0].port != wanted.port || loaded.children[0].weight != wanted.weight)
    return "has loaded " + text(loaded);
  const std::set<std::string> has(loaded.children[0].addresses.begin(),
                                  loaded.children[0].addresses.end());
  // A Pod that is leaving and still answers may be in both lists or in one.
  for (const std::string& address : addresses.ready)
    if (!has.contains(address)) return "does not know the ready Pod " + address;
  for (const std::string& address : has)
    if (std::find(addresses.serving.begin(), addresses.serving.end(), address) ==
        addresses.serving.end())
      return "sends to " + address + ", where no Pod answers";
  return "";
}

Finding compare_proxies(const std::string& route, const CellConfig& cell,
                        const WeightedChild& child, const Looks& looks) {
  const auto addresses =
      addresses_of(looks.kubernetes(), cell.name_space, child.service, child.port);
  if (!addresses) return not_seen(route, addresses.failure());
  if (addresses->ready.empty())
    return failed(route, fmt::format("Service {} has no ready Pod", child.service), "at least one",
                  "Repair the web workload; a child without a Pod takes the whole "
                  "route down.");
  const auto proxies = looks.traefik().proxies();
  if (!proxies) return not_seen(route, proxies.failure());
  const auto loaded = looks.traefik().loaded(*proxies, cell.name_space, cell.route);
  for (std::size_t i = 0; i < loaded.size(); ++i) {
    const std::string& name = (*proxies)[i].name;
    if (!loaded[i]) return not_seen(route, with_context(loaded[i].failure(), "proxy " + name));
    const std::string wrong = misfit(*loaded[i], child, *addresses);
    if (!wrong.empty())
      return failed(route, fmt::format("proxy {} {}", name, wrong),
                    text({child}) + " with " + counted(addresses->ready.size(), "Pod"),
                    "Read that proxy's log; it does not follow the API server.");
  }
  return passed(route, fmt::format("{} at {} proxies, {}", child.service, proxies->size(),
                                   counted(addresses->ready.size(), "Pod")));
}

Finding look_at_route(const CellConfig& cell, const Looks& looks) {
  const std::string name = traefik_service_ref(cell.name_space, cell.route).text();
  const auto route = looks.traefik().route(cell.name_space, cell.route);
  if (!route && route.failure().code == "404")
    return failed(name, route.failure().message, "a weighted TraefikService",
                  "Correct the cell's route and namespace, or create the TraefikService.");
  if (!route) return not_seen(name, route.failure());
  if (route->children.size() == 1 && route->children.front().weight > 0)
    return compare_proxies(name, cell, route->children.front(), looks);
  return failed(name, text(route->children), "one child with weight",
                "A run may have left its canary: 'ostler status' shows it. Otherwise take the "
                "other children out.");
}

std::vector<Finding> measure(const CheckSubject& subject, const Looks& looks) {
  std::vector<Finding> findings;
  for (const CellConfig& cell : subject.environment->cells)
    findings.push_back(look_at_route(cell, looks));
  return findings;
}

}  // namespace

extern const CheckKind traefik_route_check{
    "traefik.route",
    "OSTLER-T001",
    "traefik",
    "each route has one child with ready Pods, and every proxy serves just that",
    "Finish or undo the run that left a canary in the route; restart a proxy that does not follow "
    "the API server.",
    measure};

}  // namespace ostler
