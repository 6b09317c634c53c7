// A Redis in memory, to look at.
#include "tests/fakes/fake_redis.hpp"

namespace ostler {

Result<std::map<std::string, std::string>> FakeRedis::info(const std::string& section) const {
  if (auto failure = faults.take(Faults::When::before, "info " + section)) return *failure;
  const auto found = sections.find(section);
  return found == sections.end() ? std::map<std::string, std::string>() : found->second;
}

Result<Milliseconds> FakeRedis::ping() const {
  if (auto failure = faults.take(Faults::When::before, "ping")) return *failure;
  return round_trip;
}

}  // namespace ostler
