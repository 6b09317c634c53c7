#pragma once

#include "ostler/lab/door.hpp"
#include "ostler/lab/metrics.hpp"
#include "ostler/lab/objects.hpp"
#include "ostler/lab/pods.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ostler::lab {

/// How the proxies of one lab are set up; scenarios change it while it runs.
struct ProxySettings {
  std::vector<std::pair<std::string, std::string>> fleet{
      {"traefik-1", "10.88.9.2"}, {"traefik-2", "10.88.9.3"}};  ///< Pod name, address
  std::string name_space = "traefik";
  Instant notices_after{50'000};  ///< how long a change takes from the API server to the proxy
  Instant throttle{2'000'000};    ///< at most one new configuration in this time
};

/// Two Traefiks: each loads TraefikServices, IngressRoutes and EndpointSlices from the API server
/// in its own time, chooses a child by deterministic weighted round robin, and counts what it
/// answered.
class Proxies {
 public:
  Proxies(World& world, Objects& objects, Pods& pods, Programs& programs, ProxySettings settings);
  ~Proxies();
  Proxies(const Proxies&) = delete;
  Proxies& operator=(const Proxies&) = delete;

  const std::vector<std::pair<std::string, std::string>>& fleet() const;
  /// A request of a shopper to the entry point `web` of that proxy (the Host header decides).
  Served serve(const std::string& proxy, const HttpRequest& request);
  /// The API and metrics of that proxy (entry point `traefik`, port 8080).
  Door& api(const std::string& proxy);

  /// That proxy loads nothing any more, until it is let go.
  void freeze(const std::string& proxy, bool frozen);
  /// It starts anew: counters from zero, configuration loaded again.
  void restart(const std::string& proxy);

  // Counters as a Prometheus would scrape them, as the text of /metrics or sample by sample. Either
  // is a scrape: what was counted for services that are gone is told a last time and forgotten.
  std::string metrics(const std::string& proxy) const;
  void visit(const std::string& proxy, const SampleVisitor& visitor) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostler::lab
