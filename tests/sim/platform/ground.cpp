// The platform of a seed, and clients for it.
#include "sim/platform/ground.hpp"

#include "sim/traps.hpp"

namespace ostler::sim {
PlatformGround::PlatformGround(lab::World& world, const RehearsalSetting& setting)
    : server_(model_rehearsal_server(setting.tenants)), tenants_(must(server_->begin(world))) {
  platform_ = std::make_unique<lab::StandIn>(world, tenants_->databases(), setting.platform);
  if (const auto up = platform_->come_up(); !up) throw std::runtime_error(up.failure().message);
}

lab::Picture PlatformGround::picture() const {
  lab::Picture all = platform_->picture();
  all.merge(must(tenants_->picture()));
  return all;
}

PlatformSystems::PlatformSystems(const Environment& environment, Clock& clock, HttpClient& http,
                                 SqlConnector& sql) {
  // A process reads its kubeconfig at its start; from then on it is sealed like everything else.
  const Unsealed starting;
  connection_ = must(connect_over(environment, clock, http, sql));
}

}  // namespace ostler::sim
