#pragma once

#include "proxy_live.hpp"

#include "ostler/lab/pods.hpp"
#include "ostler/lab/proxies.hpp"

#include <deque>

namespace ostler::lab {

/// What all proxies of a lab share.
struct ProxySurroundings {
  World& world;
  Objects& objects;
  Pods& pods;
  Programs& programs;
  const ProxySettings settings;
  RuleBook rules;
};

/// One Traefik.
class ProxyProcess : public std::enable_shared_from_this<ProxyProcess> {
 public:
  ProxyProcess(ProxySurroundings& surroundings, std::string name, std::string address);

  const std::string& name() const { return name_; }
  /// An object was changed; this proxy will see it in a moment.
  void changed(const Change& change);
  Served serve(const HttpRequest& request);
  void freeze(bool frozen);
  void restart();

  const LiveConfiguration& live() const { return *live_; }
  ProxyMetrics& metrics() const { return *metrics_; }
  WallTime started() const { return started_; }
  /// Grows with every loaded configuration and every start.
  std::uint64_t loads() const { return loads_; }

 private:
  struct Arrival {
    Instant when;
    Change change;
  };
  /// Where the choices of the load balancers have led.
  struct Way {
    LiveConfiguration::Service* service = nullptr;  ///< the last one
    std::size_t server = ProxyBalancer::nobody;
    std::string cookies;
  };

  void start();
  void plan();
  void load();
  void activate(ProxyConfiguration configuration);
  Served answer(const HttpRequest& request, LiveConfiguration::Router*& router,
                LiveConfiguration::Service*& server_of);
  Way choose(LiveConfiguration::Service& service, const HttpRequest& request) const;
  Served forward(const LoadedServer& server, const LoadedService& service,
                 const HttpRequest& request) const;

  ProxySurroundings& around_;
  const std::string name_, address_;
  KnownObjects known_;
  std::deque<Arrival> arrivals_;
  Instant last_arrival_{0}, next_load_{0};
  bool planned_ = false, frozen_ = false;
  std::unique_ptr<ProxyMetrics> metrics_;
  ProxyMetrics::RecorderPointer entry_point_;
  std::unique_ptr<LiveConfiguration> live_;
  WallTime started_;
  std::uint64_t loads_ = 0;
};

}  // namespace ostler::lab
