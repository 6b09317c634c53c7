#pragma once

#include "ostler/config/environment.hpp"
#include "ostler/lab/door.hpp"
#include "ostler/lab/images.hpp"
#include "ostler/lab/objects.hpp"
#include "ostler/lab/shop.hpp"
#include "ostler/lab/shoppers.hpp"
#include "ostler/lab/world.hpp"
#include "ostler/systems/registry.hpp"
#include "ostler/transport/http.hpp"

#include <map>
#include <memory>
#include <string>

namespace ostler::lab {

/// What a stand-in is made of.
struct StandInSettings {
  /// The environment to stand in for. The tenants of its cells stand there by name, each name once.
  Environment environment;
  ImageName running;  ///< where the workloads' image lies: a registry of it, repository, tag
  ImageName wanted;   ///< where the image to come lies
  ImagePair images;
  int shoppers_per_second = 10;  ///< their requests in a virtual second
};

/// Parts of a world by what they are called, with all that matters of them: equal pictures, equal
/// worlds.
using Picture = std::map<std::string, Json>;

/// A simulated platform in the place of the one that an environment file describes: its cluster
/// with the cells' objects, proxies, registries and buckets, at the addresses that the file gives
/// them, none of which is reached. Prometheus is left out. Everything happens in virtual time,
/// which passes while requests are answered and in `pass`; requests may come from several threads.
class StandIn {
 public:
  /// World and databases must outlive it.
  StandIn(World& world, TenantDatabases& databases, StandInSettings settings);
  ~StandIn();
  StandIn(const StandIn&) = delete;
  StandIn& operator=(const StandIn&) = delete;

  /// Lets time pass until all workloads run and each proxy leads to them; then shoppers buy.
  Result<void> come_up();
  /// Requests by way of this reach the stand-in, whatever the address; unknown ones refuse.
  HttpClient& http();
  /// The same without a network of ours: who serves which "host:port".
  const std::map<std::string, Door*, std::less<>>& doors() const;
  /// What stands in the cluster, for whoever wants to see each change or make one.
  Objects& objects();
  void pass(Instant time);
  /// The same while nobody buys: what is going on comes to its end at little cost.
  void rest(Instant time);
  Instant now() const;
  WallTime wall() const;

  /// Where the API server answers, for a kubeconfig.
  static std::string kubernetes_address();
  /// For the buckets.
  static std::string s3_key();
  static std::string s3_secret();

  /// The cells' objects ("Deployment NAMESPACE/NAME") without what differs from write to write, the
  /// running Pods of each workload, what each proxy has loaded, images and tags ("tag
  /// REGISTRY/REPOSITORY:TAG") and objects ("record BUCKET/KEY").
  Picture picture() const;
  /// What came of the shoppers' requests.
  Shoppers::Span shopping() const;
  /// Those that failed last.
  std::vector<Shoppers::Failed> failed_requests() const;

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostler::lab
