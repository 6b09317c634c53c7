#pragma once

#include "ostler/base/result.hpp"
#include "ostler/transport/redis.hpp"

#include <map>
#include <memory>
#include <string>

namespace ostler {

class RedisLook {
 public:
  virtual ~RedisLook() = default;
  /// INFO of one section ("server", "memory", "replication", ...) as name -> value.
  virtual Result<std::map<std::string, std::string>> info(const std::string& section) const = 0;
  /// Round trip of one PING.
  virtual Result<Milliseconds> ping() const = 0;
  virtual std::string name() const = 0;
};

struct RedisSettings {
  std::string name;
  std::shared_ptr<const Secret> url;
  std::string ca_pem;
};
std::unique_ptr<RedisLook> make_redis(RedisSettings settings, RedisConnector& connector,
                                      Clock& clock);

}  // namespace ostler
