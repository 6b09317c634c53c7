// The whole platform of examples/canary in memory, at rest and healthy, for everything that only
// looks.
#pragma once

#include "tests/fakes/example_release.hpp"
#include "tests/fakes/fake_controllers.hpp"
#include "tests/fakes/fake_kubernetes.hpp"
#include "tests/fakes/fake_object_store.hpp"
#include "tests/fakes/fake_prometheus.hpp"
#include "tests/fakes/fake_redis.hpp"
#include "tests/fakes/fake_registry.hpp"
#include "tests/fakes/fake_sql.hpp"
#include "tests/fakes/fake_traefik.hpp"

#include "ostler/model/systems.hpp"

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace ostler {

/// A virtual clock that several threads may read and move.
class SharedClock final : public Clock {
 public:
  BootTime boot() const override { return BootTime{now_.load()}; }
  WallTime wall() const override;
  void sleep_until(BootTime until, const Cancellation&) override;
  void advance(Milliseconds by) { now_ += BootTime(by).count(); }

 private:
  std::atomic<std::int64_t> now_{0};
};

/// One of each system. Names are not told apart, except registries: there is `staging` and
/// `production`.
class FakePlatform final : public Looks {
 public:
  FakePlatform();

  const KubernetesLook& kubernetes() const override { return cluster; }
  const TraefikLook& traefik() const override { return proxies; }
  const RegistryLook& registry(std::string_view name) const override;
  const PostgresLook& postgres(std::string_view) const override { return database; }
  const RedisLook& redis(std::string_view) const override { return redis_server; }
  const ObjectStoreLook& bucket(std::string_view) const override { return records; }
  const PrometheusLook* prometheus() const override { return has_prometheus ? &metrics : nullptr; }
  Clock& clock() const override { return time; }

  Json deployment(const std::string& name) const;
  void edit_deployment(const std::string& name, const Json& patch);
  /// Puts a value at a JSON pointer of a Deployment.
  void set_in_deployment(const std::string& name, const char* pointer, Json value);

  mutable SharedClock time;
  FakeKubernetes cluster;
  FakeControllers controllers;
  FakeTraefik proxies;
  FakeRegistry staging{"127.0.0.1:5000"}, production{"127.0.0.1:5001"};
  FakePostgres database{"main", 1};
  FakeRedis redis_server;
  FakeObjectStore records;
  FakePrometheus metrics;
  bool has_prometheus = true;
  std::string old_image, new_image;  ///< digests of version 1 and 2

 private:
  void add_images();
  Json workload(const std::string& name, int replicas) const;
  void add_workloads();
  void add_database();
};

}  // namespace ostler
