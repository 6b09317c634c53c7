// The simulated platform with its tenants, laid out as environment.yaml beside this file says.
#pragma once

#include "cli/connect.hpp"
#include "cli/rehearsal_ground.hpp"
#include "sim/stage.hpp"

#include <stdexcept>

namespace ostler::sim {

/// The value; a failure ends the program, since nothing may fail where nothing goes wrong yet.
template <typename Value>
Value must(Result<Value> result) {
  if (!result) throw std::runtime_error(result.failure().message);
  return *std::move(result);
}

/// What all seeds have in common. Nothing of it changes from seed to seed.
struct PlatformRelease {
  RehearsalSetting setting;
  Plan plan;
  lab::Picture before;  ///< how the platform looks without the release
  lab::Picture after;   ///< and how with it, where nothing went wrong
};

/// Read and worked out at the first call, which must not happen while a seed runs: it reads files.
const PlatformRelease& platform_release();

/// One platform in one world, which runs version 1 and has shoppers.
class PlatformGround {
 public:
  PlatformGround(lab::World& world, const RehearsalSetting& setting);

  lab::StandIn& platform() { return *platform_; }
  SqlConnector& databases() { return tenants_->connector(); }
  lab::Picture picture() const;

 private:
  std::unique_ptr<RehearsalServer> server_;
  std::unique_ptr<RehearsalTenants> tenants_;
  std::unique_ptr<lab::StandIn> platform_;
};

/// What a process of ostler's works with: the clients of the product itself.
class PlatformSystems final : public Systems {
 public:
  PlatformSystems(const Environment& environment, Clock& clock, HttpClient& http,
                  SqlConnector& sql);
  const Looks& looks() const override { return connection_->looks(); }
  Kubernetes& kubernetes() override { return connection_->systems().kubernetes(); }
  Traefik& traefik() override { return connection_->systems().traefik(); }
  Registry& registry(std::string_view name) override {
    return connection_->systems().registry(name);
  }
  Postgres& postgres(std::string_view name) override {
    return connection_->systems().postgres(name);
  }
  ObjectStore& bucket(std::string_view name) override {
    return connection_->systems().bucket(name);
  }

 private:
  std::unique_ptr<Connection> connection_;
};

}  // namespace ostler::sim
