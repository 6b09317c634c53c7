#pragma once

#include "lab/troubled_databases.hpp"

#include "ostler/config/scenario.hpp"
#include "ostler/lab/local_servers.hpp"
#include "ostler/lab/platform.hpp"
#include "ostler/transport/redis.hpp"
#include "ostler/transport/sql.hpp"

#include <functional>
#include <memory>

namespace ostler::lab {

/// What a mishap reaches in one lab.
struct MishapReach {
  Platform& platform;
  TroubledDatabases& databases;
  SqlConnector& connector;
  RedisConnector& redis;
  const LocalServers& servers;
};

/// Plans everything that the scenario says in the platform's world, counted from now on. A mishap
/// that cannot be brought about (a server that refuses) is told to `say`.
void plan_mishaps(const Scenario& scenario, MishapReach reach,
                  std::function<void(const std::string&)> say);

}  // namespace ostler::lab
