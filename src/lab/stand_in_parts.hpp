#pragma once

#include "ostler/lab/cluster.hpp"
#include "ostler/lab/door_http.hpp"
#include "ostler/lab/kubernetes_door.hpp"
#include "ostler/lab/objects.hpp"
#include "ostler/lab/proxies.hpp"
#include "ostler/lab/registry_door.hpp"
#include "ostler/lab/s3_door.hpp"
#include "ostler/lab/shop_programs.hpp"
#include "ostler/lab/stand_in.hpp"

#include <mutex>

namespace ostler::lab {

/// Requests take their time, in the world's time.
class StandInHttp final : public DoorHttp {
 public:
  StandInHttp(World& world, std::recursive_mutex& time) : world_(world), time_(time) {}

 private:
  Result<HttpResponse> exchange(Door& door, const HttpRequest& request) override;

  World& world_;
  std::recursive_mutex& time_;
};

struct StandIn::Impl {
  Impl(World& the_world, TenantDatabases& databases, StandInSettings the_settings);

  StandInSettings settings;
  World& world;
  mutable std::recursive_mutex time;  ///< the world is not for several threads at once
  std::map<std::string, std::shared_ptr<RegistryDoor>> registry_at;  ///< by authority
  std::map<std::string, std::shared_ptr<RegistryDoor>> registries;   ///< by name
  RegistryImages images;
  Objects objects;
  Shop shop;
  Cluster cluster;
  Proxies proxies;
  KubernetesDoor kubernetes;
  std::map<std::string, std::unique_ptr<S3Door>> stores;  ///< by authority
  Shoppers shoppers;
  StandInHttp http;
  std::string trouble;  ///< why the cells' objects were refused, or empty

  void add_registries();
  void add_buckets();
  void add_proxies();
  void add_cell(const CellConfig& cell);
  bool is_up();
};

Picture picture_of(StandIn::Impl& platform);

}  // namespace ostler::lab
