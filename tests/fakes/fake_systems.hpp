// All systems of one environment in memory, as a step is handed them, and the attempt that a step
// reports to.
#pragma once

#include "tests/fakes/fake_controllers.hpp"
#include "tests/fakes/fake_kubernetes.hpp"
#include "tests/fakes/fake_object_store.hpp"
#include "tests/fakes/fake_redis.hpp"
#include "tests/fakes/fake_registry.hpp"
#include "tests/fakes/fake_sql.hpp"
#include "tests/fakes/fake_traefik.hpp"

#include "ostler/base/clock.hpp"
#include "ostler/model/step.hpp"
#include "ostler/model/systems.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ostler {

/// The fakes bundled; tests reach into the members. Names: registries `staging` and `production`,
/// server `main`, bucket `records`, Redis `sessions`. A name that is not there throws, since asking
/// for one is a bug of the code under test.
class FakeSystems final : public Systems, private Looks {
 public:
  FakeSystems() : controllers(cluster), proxies(cluster) {}

  FakeKubernetes cluster;
  FakeControllers controllers;
  FakeTraefik proxies;
  FakeRegistry staging{"staging.example"}, production{"production.example"};
  FakePostgres main{"main"};
  FakeObjectStore records;
  FakeRedis sessions;
  VirtualClock time;

  const Looks& looks() const override { return *this; }
  Kubernetes& kubernetes() override { return cluster; }
  Traefik& traefik() override { return proxies; }
  Registry& registry(std::string_view name) override;
  Postgres& postgres(std::string_view name) override;
  ObjectStore& bucket(std::string_view name) override;

 private:
  FakeSystems& self() const { return const_cast<FakeSystems&>(*this); }
  const KubernetesLook& kubernetes() const override { return cluster; }
  const TraefikLook& traefik() const override { return proxies; }
  const RegistryLook& registry(std::string_view name) const override;
  const PostgresLook& postgres(std::string_view name) const override;
  const RedisLook& redis(std::string_view) const override { return sessions; }
  const ObjectStoreLook& bucket(std::string_view name) const override;
  const PrometheusLook* prometheus() const override { return nullptr; }
  Clock& clock() const override { return self().time; }
};

/// Keeps what a step reports.
class FakeAttempt final : public Attempt {
 public:
  explicit FakeAttempt(Clock& clock, Milliseconds budget = Milliseconds{600000});
  void progress(const std::string& waiting_for) override;
  void note(const std::string& text, const Json& evidence) override;
  BootTime deadline() const override { return deadline_; }
  const Cancellation& cancellation() const override { return cancellation_; }

  bool noted(std::string_view part) const;

  std::vector<std::string> shown;
  std::vector<std::pair<std::string, Json>> notes;

 private:
  BootTime deadline_;
  Cancellation cancellation_;
};

}  // namespace ostler
