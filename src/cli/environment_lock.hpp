#pragma once

#include "ostler/base/clock.hpp"
#include "ostler/base/result.hpp"

#include <memory>
#include <string>

namespace ostler {

/// The right to change one environment of one cluster, as far as this machine's user goes. Held
/// until the object goes or the process ends, whichever way it ends.
class EnvironmentLock {
 public:
  /// Fails as `refused` with code "locked" and the holder's run, process, host and time when
  /// someone has it.
  static Result<EnvironmentLock> take(const std::string& root, const std::string& cluster_uid,
                                      const std::string& environment, const std::string& run,
                                      Clock& clock);
  ~EnvironmentLock();
  EnvironmentLock(EnvironmentLock&& other) noexcept;
  EnvironmentLock& operator=(EnvironmentLock&& other) noexcept;

  /// Changes the run that others are told about.
  void name_run(const std::string& run, Clock& clock);

 private:
  EnvironmentLock(int descriptor, std::string environment)
      : descriptor_(descriptor), environment_(std::move(environment)) {}
  int descriptor_ = -1;
  std::string environment_;
};

}  // namespace ostler
