#pragma once

#include "ostler/base/result.hpp"

#include <signal.h>
#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ostler::lab {

/// The account under which a server runs.
struct Account {
  uid_t user = 0;
  gid_t group = 0;
};
/// The first of `names` that this machine knows; nothing when we are not root and so stay who we
/// are.
Result<std::optional<Account>> unprivileged_account(const std::vector<std::string>& names);

/// How to start a server.
struct ServerStart {
  std::vector<std::string> arguments;  ///< the first is the program's path
  std::vector<std::pair<std::string, std::string>> environment;  ///< all of it
  std::optional<Account> account;
  std::string folder;         ///< where it runs
  std::string log;            ///< where its output goes, appended
  int parent_died = SIGTERM;  ///< the signal it gets when the thread that started it is gone
};

/// A server process of our own. It ends with us: by the destructor, or by a signal of the kernel
/// when the thread that started it is gone, however that came about.
class ServerProcess {
 public:
  static Result<ServerProcess> start(const ServerStart& start);
  ServerProcess(ServerProcess&& other) noexcept;
  ServerProcess& operator=(ServerProcess&& other) noexcept;
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  ~ServerProcess();

  pid_t pid() const { return pid_; }
  /// Whether it still runs. Never waits.
  bool running();
  /// Waits until it has ended by itself and gives its exit code, 128 + signal when one ended it;
  /// nothing when it has not within that time.
  std::optional<int> wait(std::chrono::milliseconds patience);
  /// Sends `signal`, waits, and kills it when it is still there.
  void end(int signal, std::chrono::milliseconds patience);

 private:
  explicit ServerProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_ = -1;  ///< -1 once its end was seen
  int exit_code_ = 0;
};

}  // namespace ostler::lab
