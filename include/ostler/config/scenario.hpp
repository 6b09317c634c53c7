#pragma once

#include "ostler/base/clock.hpp"
#include "ostler/base/diagnostic.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ostler {

// What can go wrong in the lab, one struct for each key below `events:`.

/// `shoppers: 400`: so many requests a second from now on.
struct ShopperRate {
  int per_second = 0;
};
/// `proxy: { frozen: traefik-2 }`: this proxy loads no new configuration.
struct FrozenProxy {
  std::string proxy;
};
/// `replica: { delay: 30s }`: the streaming replica replays so much later.
struct DelayedReplica {
  Milliseconds delay{0};
};
/// `transaction: { database: alma, table: sale_order, lock: exclusive }`: somebody's session holds
/// a transaction open, and with `lock` the table too.
struct HeldTransaction {
  std::string database, table;
  enum class Lock { none, share, exclusive } lock = Lock::none;
};
/// `redis: full`: its memory limit is reached.
struct FullRedis {};
/// `registry: { throttled: staging }`: it answers 429.
struct ThrottledRegistry {
  std::string registry;
};
/// `prometheus: dead` or `prometheus: blind`: no answer, or an answer without samples.
struct PrometheusTrouble {
  enum class Kind { dead, blind } kind = Kind::dead;
};
/// `version: { name: "2", failOneIn: 5, … }`: Pods that run this version behave like that.
struct FaultyVersion {
  std::string version;
  int fail_one_in = 0;      ///< every n-th checkout answers 500; 1: each
  Milliseconds delay{0};    ///< a checkout takes so much longer
  bool till_fails = false;  ///< the tills' synchronisation answers an error
  bool crashes = false;     ///< servers end at their start
};
/// `quota: { pods: 4 }`: no more Pods than these in the shop's namespace.
struct PodQuota {
  int pods = 0;
};
/// `late: { system: kubernetes, by: 2s }`: answers of that system arrive so much later.
struct LateAnswers {
  std::string system;
  Milliseconds by{0};
};
/// `queue: { database: alma, jobs: 500 }`: so many jobs are waiting.
struct QueueBacklog {
  std::string database;
  int jobs = 0;
};
/// `update: { fails: brio }`: an update of this tenant fails half-way.
struct FailingUpdate {
  std::string database;
};

using Mishap = std::variant<ShopperRate, FrozenProxy, DelayedReplica, HeldTransaction, FullRedis,
                            ThrottledRegistry, PrometheusTrouble, FaultyVersion, PodQuota,
                            LateAnswers, QueueBacklog, FailingUpdate>;

struct ScenarioEvent {
  Milliseconds at{0};                 ///< of virtual time since the lab is up
  std::optional<Milliseconds> lasts;  ///< `for`; nothing: to the end
  Mishap mishap;
  Place place;
};

/// What a scenario file says: a course of mishaps for the lab.
struct Scenario {
  std::string path;
  std::string name;
  std::optional<int> shoppers;  ///< their rate from the beginning
  std::vector<ScenarioEvent> events;
};

/// Reads a scenario file strictly; everything wrong ends up in `diagnostics`.
std::optional<Scenario> read_scenario(const std::string& path, Diagnostics& diagnostics);

}  // namespace ostler
