// redis.server: each Redis answers as a master, has its data loaded, has room, and evicts nothing.
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"

#include <cstdlib>

namespace ostler {

namespace {

constexpr double fullest = 0.8;

std::string value(const std::map<std::string, std::string>& info, const char* name) {
  const auto found = info.find(name);
  return found == info.end() ? "" : sanitize(found->second);
}

std::vector<Finding> judge_memory(const std::string& subject,
                                  const std::map<std::string, std::string>& memory) {
  std::vector<Finding> findings;
  const double used = std::atof(value(memory, "used_memory").c_str());
  const double maximum = std::atof(value(memory, "maxmemory").c_str());
  if (maximum > 0 && used / maximum >= fullest)
    findings.push_back(failed(subject, "memory " + format_percent(used / maximum) + " full",
                              "under " + format_percent(fullest),
                              "Give Redis more memory; a release makes sessions and caches grow."));
  const std::string policy = value(memory, "maxmemory_policy");
  if (maximum > 0 && !policy.empty() && policy != "noeviction")
    findings.push_back(failed(subject, "evicts keys when it is full (" + policy + ")", "noeviction",
                              "Set maxmemory-policy to noeviction; evicted sessions log users out "
                              "and evicted jobs are lost."));
  return findings;
}

std::vector<Finding> look_at(const std::string& subject, const RedisLook& redis) {
  const auto round_trip = redis.ping();
  if (!round_trip) return {not_seen(subject, round_trip.failure())};
  const auto replication = redis.info("replication");
  if (!replication) return {not_seen(subject, replication.failure())};
  const auto persistence = redis.info("persistence");
  if (!persistence) return {not_seen(subject, persistence.failure())};
  const auto memory = redis.info("memory");
  if (!memory) return {not_seen(subject, memory.failure())};
  const std::string role = value(*replication, "role");
  if (role != "master")
    return {failed(subject, "its role is " + (role.empty() ? "not told" : role), "master",
                   "Point the url at the master; after a failover wait until it is over.")};
  if (value(*persistence, "loading") == "1")
    return {failed(subject, "it is loading its data", "loaded", "Wait until it has loaded.")};
  if (auto findings = judge_memory(subject, *memory); !findings.empty()) return findings;
  return {passed(subject, fmt::format("master, answers in {}", format_duration(*round_trip)))};
}

std::vector<Finding> measure(const CheckSubject& subject, const Looks& looks) {
  std::vector<Finding> findings;
  for (const RedisConfig& config : subject.environment->redis)
    for (Finding& finding : look_at("redis " + config.name, looks.redis(config.name)))
      findings.push_back(std::move(finding));
  return findings;
}

}  // namespace

extern const CheckKind redis_server_check{
    "redis.server",
    "OSTLER-D001",
    "redis",
    "each Redis is a master with its data loaded, has memory left and evicts nothing",
    "Follow a failover to the new master; give Redis memory; set maxmemory-policy noeviction.",
    measure};

}  // namespace ostler
