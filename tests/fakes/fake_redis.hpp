#pragma once

#include "tests/fakes/faults.hpp"

#include "ostler/systems/redis.hpp"

#include <map>
#include <string>

namespace ostler {

/// A Redis to look at, with the sections of INFO as a test sets them. Faults match "info SECTION"
/// and "ping".
class FakeRedis final : public RedisLook {
 public:
  Result<std::map<std::string, std::string>> info(const std::string& section) const override;
  Result<Milliseconds> ping() const override;
  std::string name() const override { return "sessions"; }

  mutable Faults faults;
  std::map<std::string, std::map<std::string, std::string>> sections;
  Milliseconds round_trip{1};
};

}  // namespace ostler
