#pragma once

#include "ostler/lab/cluster.hpp"
#include "ostler/lab/kubernetes_door.hpp"
#include "ostler/lab/objects.hpp"
#include "ostler/lab/prometheus_door.hpp"
#include "ostler/lab/proxies.hpp"
#include "ostler/lab/registry_door.hpp"
#include "ostler/lab/s3_door.hpp"
#include "ostler/lab/shop_programs.hpp"
#include "ostler/lab/shoppers.hpp"
#include "ostler/lab/world.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ostler::lab {

/// Where the servers of one platform are, as its clients write it.
struct Addresses {
  std::string kubernetes = "127.84.0.1:6443";
  std::string reader = "127.84.0.1:6444";  ///< the API server for whoever may only read
  std::string staging = "127.84.0.1:5000", production = "127.84.0.1:5001";
  std::string s3 = "127.84.0.1:7070";
  std::string prometheus = "127.84.0.1:9090";
  std::vector<std::string> proxies{"127.84.0.11", "127.84.0.12"};  ///< of traefik-1, traefik-2

  /// All of them in the network with these first three numbers.
  static Addresses in(const std::string& network);
};

struct PlatformSettings {
  Addresses addresses;
  std::string token;  ///< of the API server; empty: everyone may (kubectl sends none over http)
  std::string registry_user = "ostler", registry_password = "registry";
  std::string s3_key = "lab", s3_secret = "lab";
  ShopperSettings shoppers;
  bool scrapes = true;  ///< whether Prometheus scrapes; without it there is nothing to ask it
};

/// Everything that is simulated, put together: one function of requests, virtual time and seed. The
/// shop runs version 1 behind both proxies; nobody buys yet.
class Platform {
 public:
  /// World and databases must outlive it.
  Platform(World& world, const PlatformSettings& settings, TenantDatabases& databases);
  ~Platform();
  Platform(const Platform&) = delete;
  Platform& operator=(const Platform&) = delete;

  /// Lets virtual time pass until the shop's workloads are there and every proxy knows them.
  Result<void> come_up();
  /// The shop's objects as they were at the beginning, whatever happened to them since.
  void reset();

  // Scenarios.

  /// Pods of that version behave like `code`, whose version and modules do not count.
  void alter_version(const std::string& version, const ShopCode& code);
  void restore_version(const std::string& version);
  /// Answers of that system arrive so much later: kubernetes, traefik, staging, production, s3,
  /// prometheus.
  void delay(const std::string& system, Milliseconds by);

  World& world();
  Objects& objects();
  Cluster& cluster();
  Shop& shop();
  Proxies& proxies();
  Shoppers& shoppers();
  RegistryDoor& staging();
  RegistryDoor& production();
  KubernetesDoor& kubernetes();
  S3Door& s3();
  PrometheusDoor& prometheus();
  const Addresses& addresses() const;

  /// Every door with its "host:port", the proxies' entry points `web` (port 8000) and `traefik`
  /// (8080) included.
  std::vector<std::pair<std::string, Door*>> doors();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A kubeconfig with one context `lab` for the API server at that address.
std::string lab_kubeconfig(const std::string& address, const std::string& token);

}  // namespace ostler::lab
