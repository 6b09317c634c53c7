#pragma once

#include "ostler/base/clock.hpp"
#include "ostler/base/result.hpp"
#include "ostler/base/secret.hpp"

#include <memory>
#include <string>
#include <vector>

namespace ostler {

/// A reply of a Redis server (RESP2). Errors of the server are failures, not replies.
struct RedisReply {
  enum class Kind { nil, status, text, integer, array };
  Kind kind = Kind::nil;
  std::string text;
  std::int64_t integer = 0;
  std::vector<RedisReply> elements;
};

class RedisSession {
 public:
  virtual ~RedisSession() = default;
  virtual Result<RedisReply> command(const std::vector<std::string>& words) = 0;
};

class RedisConnector {
 public:
  virtual ~RedisConnector() = default;
  /// `url` is redis:// or rediss:// with user, password, host, port and database. rediss://
  /// verifies the server against `ca_pem` (empty: the system's authorities). The session is
  /// authenticated and has its database selected.
  virtual Result<std::unique_ptr<RedisSession>> connect(const Secret& url,
                                                        const std::string& ca_pem,
                                                        Milliseconds timeout) = 0;
};

/// The real one: hiredis speaks the protocol, OpenSSL the encryption (Debian 12's hiredis has no
/// TLS).
std::unique_ptr<RedisConnector> make_redis_connector();

}  // namespace ostler
