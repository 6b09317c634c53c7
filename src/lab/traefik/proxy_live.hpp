#pragma once

#include "proxy_balancer.hpp"
#include "proxy_configuration.hpp"
#include "proxy_metrics.hpp"

#include <functional>

namespace ostler::lab {

/// Compiled rules, shared by all proxies and configurations.
class RuleBook {
 public:
  const Result<std::shared_ptr<const ProxyRule>>& rule(const std::string& text);

 private:
  std::map<std::string, Result<std::shared_ptr<const ProxyRule>>> rules_;
};

/// A loaded configuration at work: whose turn it is, and what is wrong with what. A new one starts
/// its turns anew, in an order of its own.
class LiveConfiguration {
 public:
  struct Service {
    std::string name;  ///< with "@kubernetescrd"
    const LoadedService* loaded = nullptr;
    ProxyBalancer balancer;
    std::vector<Service*> children;    ///< of a weighted one, in the order in which they are listed
    std::vector<std::string> cookies;  ///< the value of the sticky cookie for each child
    ProxyMetrics::RecorderPointer recorder;
  };
  struct Router {
    std::string name;  ///< with "@kubernetescrd"
    const LoadedRouter* loaded = nullptr;
    std::int64_t priority = 0;
    std::vector<std::string> entry_points;
    std::shared_ptr<const ProxyRule> rule;
    Service* service = nullptr;
    std::string error;  ///< why it is not served
    ProxyMetrics::RecorderPointer recorder;
  };

  LiveConfiguration(ProxyConfiguration configuration, World& world, RuleBook& rules,
                    ProxyMetrics& metrics);
  LiveConfiguration(const LiveConfiguration&) = delete;
  LiveConfiguration& operator=(const LiveConfiguration&) = delete;

  const ProxyConfiguration& configuration() const { return configuration_; }
  /// By name.
  const std::vector<Router>& routers() const { return routers_; }
  /// The service that works under that name without provider, or null when no router leads to it.
  const Service* working(const std::string& name) const;
  /// The router of highest priority at the entry point `web` that fits, or null.
  Router* route(const RuleQuestion& question);

 private:
  Result<Service*> build(const std::string& name, int depth);
  Result<void> build_children(Service& service, int depth);
  void build_servers(Service& service);
  void build_router(const std::string& name, const LoadedRouter& loaded, RuleBook& rules);
  std::vector<std::size_t> shuffled(std::size_t count);

  const ProxyConfiguration configuration_;
  World& world_;
  ProxyMetrics& metrics_;
  std::map<std::string, std::unique_ptr<Service>> services_;
  std::vector<Router> routers_;
  std::vector<Router*> served_;  ///< by priority
};

}  // namespace ostler::lab
