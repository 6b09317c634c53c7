#pragma once

#include "ostler/base/clock.hpp"
#include "ostler/base/result.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace ostler {

/// When a wait ends, on the machine's monotonic clock.
using Deadline = std::chrono::steady_clock::time_point;

/// A connected byte stream to one server, plain or encrypted.
class Channel {
 public:
  virtual ~Channel() = default;
  /// Sends all of it. `timeout` or `unknown` when it may have left in part.
  virtual Result<void> send(std::string_view bytes, Deadline deadline) = 0;
  /// At least one byte of what the server says. `timeout` when nothing came, `unknown` when the
  /// connection ended.
  virtual Result<std::string> receive(Deadline deadline) = 0;
};

struct ChannelSettings {
  std::string host;
  std::string port;
  std::string name;  ///< "Redis at cache.example:6379", for messages
  bool encrypted = false;
  std::string ca_pem;  ///< trust only these authorities; empty: the system's
};

/// Connects, and with `encrypted` proves that the server is `host` (TLS 1.2 or newer, SNI).
/// `transient` when nothing answers, `permanent` when the certificate does not fit.
Result<std::unique_ptr<Channel>> open_channel(const ChannelSettings& settings, Deadline deadline);

}  // namespace ostler
