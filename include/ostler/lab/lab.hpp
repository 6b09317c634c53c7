#pragma once

#include "ostler/base/clock.hpp"
#include "ostler/base/json.hpp"
#include "ostler/base/result.hpp"
#include "ostler/config/scenario.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ostler::lab {

struct LabOptions {
  /// First three numbers of the loopback addresses at which the lab's servers answer; all of
  /// 127.0.0.0/8 leads to this machine on Linux.
  std::string network = "127.84.0";
  std::uint64_t seed = 1;
  double speed = 1;              ///< virtual seconds in a real one, 1 to 1000
  int shoppers_per_second = 50;  ///< requests of shoppers in a virtual second; 0: none
  /// Where its files go; made when it is not there. Empty: a new folder below the temporary one,
  /// removed at the end.
  std::string folder;
  std::optional<Scenario> scenario;
  Cancellation stop;  ///< breaks off the start
};

/// The simulated platform, answering on loopback: Kubernetes, two Traefiks with a shop and shoppers
/// behind them, two registries, S3 and Prometheus in this process; PostgreSQL and Redis as children
/// of it. Its folder holds environment.yaml, releases to try, a kubeconfig, and `env` with the
/// variables that environment.yaml refers to.
class Lab {
 public:
  /// Starts everything and waits until the shop answers through both proxies. `say` is told what is
  /// being started. Fails as `refused` with code "address" when an address is taken, "locked" when
  /// another lab runs in the folder and "space" when it has too little room; with code
  /// "missing" when a program is not installed; and as `cancelled` when `stop` is requested
  /// meanwhile. Nothing of a failed start is left, except what it wrote into a folder that stays.
  static Result<std::unique_ptr<Lab>> start(const LabOptions& options,
                                            const std::function<void(const std::string&)>& say);
  ~Lab();
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  const std::string& folder() const;
  /// Names and values for the environment of whoever works with the lab. Some values are secrets.
  std::vector<std::pair<std::string, std::string>> variables() const;
  /// What stands where: name and address, in the order in which to show them, each name once.
  std::vector<std::pair<std::string, std::string>> places() const;
  /// What shoppers did so far: {"requests", "failed", "lost", "by_version", …}.
  Json shopping() const;

 private:
  struct Impl;
  explicit Lab(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostler::lab
