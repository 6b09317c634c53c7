#pragma once

#include "ostler/base/clock.hpp"
#include "ostler/systems/kubernetes.hpp"
#include "ostler/systems/object_store.hpp"
#include "ostler/systems/postgres.hpp"
#include "ostler/systems/prometheus.hpp"
#include "ostler/systems/redis.hpp"
#include "ostler/systems/registry.hpp"
#include "ostler/systems/traefik.hpp"

#include <string>

namespace ostler {

/// Every system of one environment, to look at. Whoever is handed only this cannot change anything:
/// it does not compile. Names are those of the environment file; asking for one that is not there
/// is a bug of the caller.
class Looks {
 public:
  virtual ~Looks() = default;
  virtual const KubernetesLook& kubernetes() const = 0;
  virtual const TraefikLook& traefik() const = 0;
  virtual const RegistryLook& registry(std::string_view name) const = 0;
  virtual const PostgresLook& postgres(std::string_view name) const = 0;
  virtual const RedisLook& redis(std::string_view name) const = 0;
  virtual const ObjectStoreLook& bucket(std::string_view name) const = 0;
  /// Null when the environment has no Prometheus.
  virtual const PrometheusLook* prometheus() const = 0;
  virtual Clock& clock() const = 0;
};

/// The same systems, to change. Only the executor hands it out.
class Systems {
 public:
  virtual ~Systems() = default;
  virtual const Looks& looks() const = 0;
  virtual Kubernetes& kubernetes() = 0;
  virtual Traefik& traefik() = 0;
  virtual Registry& registry(std::string_view name) = 0;
  virtual Postgres& postgres(std::string_view name) = 0;
  virtual ObjectStore& bucket(std::string_view name) = 0;
};

}  // namespace ostler
