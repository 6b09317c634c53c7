#pragma once

#include "ostler/base/result.hpp"
#include "ostler/base/secret.hpp"
#include "ostler/transport/redis.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ostler {

/// Where a redis:// or rediss:// URL leads. Holds the password; wiped when it goes.
struct RedisAddress {
  bool encrypted = false;
  std::string host;  ///< without the brackets of an IPv6 address
  std::string port = "6379";
  std::string user;
  Secret password;
  int database = 0;
  /// "Redis at cache.example:6379", for messages.
  std::string text() const;
};

/// Reads the URL. Refuses a password that would cross the network in the clear. Messages never
/// quote the URL.
Result<RedisAddress> read_redis_address(const Secret& url);

/// One command in the wire format (RESP2: an array of bulk strings). May hold a password: wipe it.
std::string redis_command(const std::vector<std::string>& words);

/// Puts replies together from pieces of the wire, with caps on size, depth and number of elements.
class RedisReplyReader {
 public:
  RedisReplyReader();
  ~RedisReplyReader();

  /// Takes more bytes; the reply as soon as it is complete. Fails when the bytes are no RESP2 or
  /// beyond the caps (then the session is of no more use), and when the reply is an error of the
  /// server.
  Result<std::optional<RedisReply>> feed(std::string_view bytes);
  /// Whether the last failure was an answer of the server, with the session still in step.
  bool in_step() const { return in_step_; }

 private:
  struct State;
  std::unique_ptr<State> state_;
  bool in_step_ = true;
};

/// What an error reply means: "NOAUTH Authentication required." and its kin.
Failure redis_failure(std::string_view error);

}  // namespace ostler
