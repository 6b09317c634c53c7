#pragma once

#include "ostler/base/result.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace ostler {

/// Watches a socket while a library waits on it without a bound. When the answer is late or too
/// long it shuts the socket down, and the library finds its connection broken.
class SocketWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class Verdict { none, late, too_long };

  /// `byte_limit` counts what arrives from now on. It only holds for TCP; the kernel counts nothing
  /// on sockets of the machine itself.
  static Result<std::unique_ptr<SocketWatch>> start(int socket, std::optional<Time> deadline,
                                                    std::uint64_t byte_limit);
  ~SocketWatch();
  SocketWatch(const SocketWatch&) = delete;
  SocketWatch& operator=(const SocketWatch&) = delete;

  /// Ends watching and says why the socket was shut down; none: it was not.
  Verdict stop();

 private:
  SocketWatch(int socket, std::optional<Time> deadline, std::uint64_t byte_limit);
  void watch();
  Verdict judge(std::uint64_t received_before) const;

  int socket_;
  std::optional<Time> deadline_;
  std::uint64_t byte_limit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;
  Verdict verdict_ = Verdict::none;
  std::thread thread_;
};

}  // namespace ostler
