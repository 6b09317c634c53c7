// traffic.weigh: gives the children of a weighted TraefikService their weights, and believes it
// when every proxy has loaded them and the requests are shared that way.
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/systems/workload.hpp"

#include <cmath>
#include <set>

namespace ostler {
namespace {

constexpr Milliseconds look_interval{200};
constexpr Milliseconds share_patience{
    10000};  ///< with fewer requests than wanted after this, the share is not judged
constexpr int share_rounds = 3;

struct Aim {
  std::string name_space, route;
  std::vector<WeightedChild> children;
  std::int64_t min_share_requests = 200;
};

std::vector<WeightedChild> sorted(std::vector<WeightedChild> children) {
  std::sort(children.begin(), children.end(), [](const auto& a, const auto& b) {
    return std::tie(a.service, a.port, a.weight) < std::tie(b.service, b.port, b.weight);
  });
  return children;
}

bool same(const std::vector<WeightedChild>& a, const std::vector<WeightedChild>& b) {
  return sorted(a) == sorted(b);
}

std::string text(const std::vector<WeightedChild>& children) {
  std::vector<std::string> parts;
  for (const WeightedChild& child : children)
    parts.push_back(fmt::format("{} {}", child.service, child.weight));
  return parts.empty() ? "none" : join(parts, ", ");
}

Json to_json(const std::vector<WeightedChild>& children) {
  Json list = Json::array();
  for (const WeightedChild& child : children)
    list.push_back({{"service", child.service}, {"port", child.port}, {"weight", child.weight}});
  return list;
}

/// Children as they stand in parameters and snapshots; the trouble as text when they do not.
Result<std::vector<WeightedChild>> read_children(const Json& list) {
  const auto wrong = [](const std::string& what) {
    return Failure{FailureKind::permanent, "parameter 'children': " + what, "", ""};
  };
  if (!list.is_array() || list.empty()) return wrong("expected a list with at least one child");
  std::vector<WeightedChild> children;
  std::set<std::pair<std::string, int>> seen;
  std::int64_t sum = 0;
  for (const Json& one : list) {
    if (!one.is_object()) return wrong("expected objects with service, port and weight");
    for (const auto& [name, unused] : one.items())
      if (name != "service" && name != "port" && name != "weight")
        return wrong("unknown member '" + sanitize(name) + "'");
    const std::string service = text_at(one, "/service");
    const std::int64_t port = number_at(one, "/port", -1), weight = number_at(one, "/weight", -1);
    if (service.empty()) return wrong("a child has no service");
    if (port < 1 || port > 65535)
      return wrong("child '" + service + "' has no port from 1 to 65535");
    if (weight < 0 || weight > 1000000)
      return wrong("child '" + service + "' has no weight from 0 on");
    if (!seen.emplace(service, static_cast<int>(port)).second)
      return wrong("child '" + service + "' is there twice");
    sum += weight;
    children.push_back({service, static_cast<int>(port), static_cast<int>(weight)});
  }
  if (sum == 0) return wrong("at least one child needs a weight above 0");
  return children;
}

enum class Depth { weights, weights_and_addresses };

/// What keeps the proxies from having loaded exactly these children; empty when all have.
Result<std::string> not_loaded(const Looks& looks, const Aim& aim,
                               const std::vector<WeightedChild>& children, Depth depth) {
  OSTLER_TRY(const std::vector<Proxy> proxies, looks.traefik().proxies());
  const auto loaded = looks.traefik().loaded(proxies, aim.name_space, aim.route);
  std::map<std::pair<std::string, int>, ServiceAddresses> wanted;
  if (depth == Depth::weights_and_addresses) {
    for (const WeightedChild& child : children) {
      OSTLER_TRY(wanted[std::make_pair(child.service, child.port)],
                 addresses_of(looks.kubernetes(), aim.name_space, child.service, child.port));
    }
  }
  std::size_t done = 0;
  std::string first;
  for (std::size_t i = 0; i < proxies.size(); ++i) {
    const auto missing = [&]() -> std::string {
      if (!loaded[i].ok()) return loaded[i].failure().message;
      if (!loaded[i]->found) return "has not loaded the route";
      std::vector<WeightedChild> have;
      for (const auto& child : loaded[i]->children)
        have.push_back({child.service, child.port, child.weight});
      if (!same(have, children)) return "has loaded " + text(have);
      for (const auto& child : loaded[i]->children) {
        const auto found = wanted.find({child.service, child.port});
        if (found == wanted.end()) continue;
        const std::set<std::string> at(child.addresses.begin(), child.addresses.end());
        for (const std::string& address : found->second.ready)
          if (!at.contains(address)) return fmt::format("lacks {} of {}", address, child.service);
        const std::set<std::string> may(found->second.serving.begin(), found->second.serving.end());
        for (const std::string& address : at)
          if (!may.contains(address))
            return fmt::format("still has {} of {}", address, child.service);
      }
      return "";
    }();
    if (missing.empty()) {
      ++done;
    } else if (first.empty()) {
      first = proxies[i].name + " " + missing;
    }
  }
  if (first.empty()) return std::string();
  return fmt::format("{} of {} proxies have loaded {}; {}", done, proxies.size(), text(children),
                     first);
}

Result<void> wait_loaded(const Looks& looks, const Aim& aim,
                         const std::vector<WeightedChild>& children, Depth depth,
                         Attempt& attempt) {
  return wait_until(looks, attempt, look_interval, "every proxy to load " + text(children),
                    [&]() -> Result<bool> {
                      OSTLER_TRY(const std::string missing,
                                 not_loaded(looks, aim, children, depth));
                      if (!missing.empty()) attempt.progress(missing);
                      return missing.empty();
                    });
}

/// An empty child makes Traefik drop the whole route (404 for everybody), so none is put in.
Result<void> require_endpoints(const Looks& looks, const Aim& aim,
                               const std::vector<WeightedChild>& children,
                               const std::vector<WeightedChild>& present) {
  for (const WeightedChild& child : children) {
    const bool there = std::any_of(present.begin(), present.end(), [&](const WeightedChild& one) {
      return one.service == child.service && one.port == child.port;
    });
    if (there) continue;
    OSTLER_TRY(const ServiceAddresses addresses,
               addresses_of(looks.kubernetes(), aim.name_space, child.service, child.port));
    if (addresses.ready.empty())
      return Failure{
          FailureKind::transient,
          fmt::format("Service {}/{} has no ready endpoint, so it is not put into route {}: "
                      "Traefik drops a route with an empty child",
                      aim.name_space, child.service, aim.route),
          "Look at the Pods behind the Service.", "empty"};
  }
  return {};
}

std::string subject(const Aim& aim) {
  return traefik_service_ref(aim.name_space, aim.route).text();
}

/// Writes the children; `may_replace` says whether what stands there may be written over.
Result<void> write_children(Systems& systems, const Aim& aim,
                            const std::vector<WeightedChild>& children, const Guard& guard,
                            const std::function<Result<bool>(const WeightedRoute&)>& needs_write) {
  for (int conflicts = 0; conflicts < 5; ++conflicts) {
    OSTLER_TRY(const WeightedRoute now, systems.traefik().route(aim.name_space, aim.route));
    OSTLER_TRY(const bool write, needs_write(now));
    if (!write) return {};
    const auto done = systems.traefik().set_children(aim.name_space, aim.route, now, children,
                                                     guard.breadcrumb());
    if (done.ok()) return {};
    if (done.failure().code != "Conflict") return done.failure();
  }
  return diverged(subject(aim), "being changed by somebody else all the time", "left alone");
}

struct Counted {
  std::map<std::string, double> started;                       ///< by proxy
  std::map<std::string, std::map<std::string, double>> count;  ///< by proxy, then service
};

Result<Counted> count_requests(const Looks& looks, const Aim& aim) {
  OSTLER_TRY(const std::vector<Proxy> proxies, looks.traefik().proxies());
  Counted counted;
  const auto counters = looks.traefik().counters(proxies);
  for (std::size_t i = 0; i < proxies.size(); ++i) {
    if (!counters[i].ok()) return counters[i].failure();
    counted.started[proxies[i].name] = counters[i]->started;
    for (const WeightedChild& child : aim.children) {
      const std::string key = traefik_service_label(aim.name_space, child.service, child.port);
      const auto found = counters[i]->services.find(key);
      counted.count[proxies[i].name][child.service] =
          found == counters[i]->services.end() ? 0 : found->second.requests;
    }
  }
  return counted;
}

struct Share {
  bool comparable = true;  ///< no proxy came, went or restarted in between
  double total = 0;
  std::map<std::string, double> by_service;
};

Share share_between(const Counted& from, const Counted& to) {
  Share share;
  share.comparable = from.started == to.started;
  for (const auto& [proxy, services] : to.count) {
    const auto before = from.count.find(proxy);
    for (const auto& [service, requests] : services) {
      const double earlier = before == from.count.end() ? 0 : before->second.at(service);
      if (requests < earlier) share.comparable = false;
      share.by_service[service] += requests - earlier;
      share.total += requests - earlier;
    }
  }
  return share;
}

/// The child whose share is off, or nothing when all fit within 3 standard deviations and one
/// point.
std::optional<std::string> misfit(const std::vector<WeightedChild>& children, const Share& share) {
  double sum = 0;
  for (const WeightedChild& child : children) sum += child.weight;
  for (const WeightedChild& child : children) {
    const double expected = child.weight / sum;
    const double found = share.by_service.at(child.service) / share.total;
    const double allowed = 3 * std::sqrt(expected * (1 - expected) / share.total) + 0.01;
    if (std::abs(found - expected) > allowed)
      return fmt::format("{} got {} of {:.0f} requests, its weight says {}", child.service,
                         format_percent(found), share.total, format_percent(expected));
  }
  return std::nullopt;
}

Json evidence_of(const Share& share) {
  Json evidence{{"requests", share.total}, {"shares", Json::object()}};
  for (const auto& [service, requests] : share.by_service)
    evidence["shares"][service] = share.total > 0 ? requests / share.total : 0;
  return evidence;
}

Result<void> prove_share(const Looks& looks, const Aim& aim, bool sticky, Attempt& attempt) {
  if (aim.children.size() < 2) return {};
  std::string off;
  for (int round = 0; round < share_rounds; ++round) {
    std::optional<Counted> from;
    std::optional<Share> share;
    const BootTime started = looks.clock().boot();
    auto counted = wait_until(
        looks, attempt, look_interval, "requests to measure the share", [&]() -> Result<bool> {
          // Without traffic there is nothing to prove; that is noted and never a failure.
          const bool patient = looks.clock().boot() < started + BootTime(share_patience);
          auto now = count_requests(looks, aim);
          if (!now.ok()) {
            if (patient) return now.failure();
            return true;
          }
          if (!from) from = *now;
          share = share_between(*from, *now);
          if (!share->comparable) {
            from = *now;
            share.reset();
          }
          const double seen = share ? share->total : 0;
          attempt.progress(fmt::format("{:.0f} of {} requests measured over all proxies", seen,
                                       aim.min_share_requests));
          return seen >= static_cast<double>(aim.min_share_requests) || !patient;
        });
    if (!counted.ok()) return counted;
    if (!share || share->total < static_cast<double>(aim.min_share_requests)) {
      attempt.note(fmt::format("share not measured: {:.0f} requests in {}, {} wanted",
                               share ? share->total : 0.0, format_duration(share_patience),
                               aim.min_share_requests));
      return {};
    }
    const auto wrong = misfit(aim.children, *share);
    if (!wrong || sticky) {
      attempt.note(
          wrong ? "clients are sticky, so the share follows slowly: " + *wrong
                : fmt::format("share measured over {:.0f} requests fits the weights", share->total),
          evidence_of(*share));
      return {};
    }
    off = *wrong;
  }
  return Failure{FailureKind::permanent,
                 fmt::format("the share measured at the proxies does not fit the weights of {}: {}",
                             subject(aim), off),
                 "Look for another route or middleware that sends requests to the same Services.",
                 "share"};
}

bool is_sticky(const WeightedRoute& route) {
  return value_at(route.object, "/spec/weighted/sticky").is_object();
}

class TrafficWeigh final : public Step {
 public:
  explicit TrafficWeigh(Aim aim) : aim_(std::move(aim)) {}

  Result<Observation> observe(const Looks& looks, const Json* before) const override {
    OSTLER_TRY(const WeightedRoute now, looks.traefik().route(aim_.name_space, aim_.route));
    Observation seen;
    seen.snapshot = {{"children", to_json(now.children)},
                     {"annotations", breadcrumbs_of(now.object)}};
    seen.found = "weights " + text(now.children);
    if (same(now.children, aim_.children)) {
      OSTLER_TRY(const std::string missing,
                 not_loaded(looks, aim_, aim_.children, Depth::weights_and_addresses));
      seen.state = missing.empty() ? TargetState::applied : TargetState::partial;
      if (before == nullptr && !missing.empty()) seen.state = TargetState::before;
      if (!missing.empty()) seen.found += "; " + missing;
    } else if (before != nullptr) {
      OSTLER_TRY(const std::vector<WeightedChild> stood,
                 read_children(value_at(*before, "/children")));
      seen.state = same(now.children, stood) ? TargetState::before : TargetState::diverged;
    }
    return seen;
  }

  Result<void> apply(Systems& systems, const Json& before, const Guard& guard,
                     Attempt& attempt) const override {
    OSTLER_TRY(const std::vector<WeightedChild> stood,
               read_children(value_at(before, "/children")));
    const Looks& looks = systems.looks();
    OSTLER_CHECK(require_endpoints(looks, aim_, aim_.children, stood));
    bool sticky = false;
    OSTLER_CHECK(write_children(systems, aim_, aim_.children, guard,
                                [&](const WeightedRoute& now) -> Result<bool> {
                                  sticky = is_sticky(now);
                                  if (same(now.children, aim_.children)) return false;
                                  if (same(now.children, stood)) return true;
                                  return diverged(subject(aim_), text(now.children), text(stood));
                                }));
    OSTLER_CHECK(wait_loaded(looks, aim_, aim_.children, Depth::weights_and_addresses, attempt));
    return prove_share(looks, aim_, sticky, attempt);
  }

  Result<void> revert(Systems& systems, const Json& before, const Guard& guard,
                      Attempt& attempt) const override {
    OSTLER_TRY(const std::vector<WeightedChild> stood,
               read_children(value_at(before, "/children")));
    bool wrote = false;
    // Nothing slow stands before this write: every moment here is a failed request of somebody.
    const auto written =
        write_children(systems, aim_, stood, guard, [&](const WeightedRoute& now) -> Result<bool> {
          if (same(now.children, stood)) return false;
          if (!is_ours(now, stood))
            return diverged(subject(aim_), text(now.children), text(aim_.children));
          OSTLER_CHECK(require_endpoints(systems.looks(), aim_, stood, now.children));
          wrote = true;
          return true;
        });
    if (!written.ok()) return written;
    if (wrote) attempt.note("weights written: " + text(stood));
    OSTLER_CHECK(wait_loaded(systems.looks(), aim_, stood, Depth::weights, attempt));
    if (wrote) attempt.note("every proxy is back at " + text(stood));
    return tidy(systems, stood, value_at(before, "/annotations"));
  }

 private:
  /// Later steps on the same route carry other weights, but only Services of this step or from
  /// before.
  bool is_ours(const WeightedRoute& now, const std::vector<WeightedChild>& stood) const {
    if (same(now.children, aim_.children)) return true;
    if (!has_breadcrumb(now.object)) return false;
    const auto known = [](const std::vector<WeightedChild>& list, const WeightedChild& child) {
      return std::any_of(list.begin(), list.end(), [&](const WeightedChild& one) {
        return one.service == child.service && one.port == child.port;
      });
    };
    return std::all_of(now.children.begin(), now.children.end(), [&](const WeightedChild& child) {
      return known(aim_.children, child) || known(stood, child);
    });
  }

  Result<void> tidy(Systems& systems, const std::vector<WeightedChild>& stood,
                    const Json& annotations) const {
    const auto done =
        restore_guarded(systems.kubernetes(), traefik_service_ref(aim_.name_space, aim_.route),
                        [&](const Json& now) -> Result<Json> {
                          if (breadcrumbs_of(now) == annotations) return Json::object();
                          OSTLER_TRY(const WeightedRoute route,
                                     systems.traefik().route(aim_.name_space, aim_.route));
                          if (!same(route.children, stood))
                            return diverged(subject(aim_), text(route.children), text(stood));
                          return Json{{"metadata", {{"annotations", annotations}}}};
                        });
    if (!done.ok()) return done.failure();
    return {};
  }

  Aim aim_;
};

Result<std::unique_ptr<Step>> make(const Json& parameters) {
  Parameters read(parameters);
  Aim aim;
  aim.name_space = read.text("namespace");
  aim.route = read.text("route");
  const Json children = read.json("children");
  aim.min_share_requests = read.number("min_share_requests", 200);
  OSTLER_CHECK(read.finish());
  OSTLER_TRY(aim.children, read_children(children));
  if (aim.min_share_requests < 1)
    return Failure{FailureKind::permanent, "parameter 'min_share_requests': expected at least 1",
                   "", ""};
  return std::unique_ptr<Step>(std::make_unique<TrafficWeigh>(std::move(aim)));
}

}  // namespace

extern const StepKind traffic_weigh_step{
    "traffic.weigh",
    "shift",
    "gives the Services behind a route their weights and proves it at every proxy",
    "puts the weights from before back, first of all, and waits until every proxy has loaded them",
    RecoveryClass::guarded,
    true,
    Milliseconds{120000},
    R"({"namespace": "odoo-pool-a", "route": "odoo-web", "children": [
        {"service": "odoo-web", "port": 8069, "weight": 95},
        {"service": "odoo-web-canary", "port": 8069, "weight": 5}]})",
    make};

}  // namespace ostler
