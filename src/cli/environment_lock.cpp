// One run at a time for an environment.
#include "environment_lock.hpp"

#include "run_store.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/json.hpp"
#include "ostler/base/text.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ostler {
namespace {

Failure held_by(const std::string& path, const std::string& environment) {
  const Result<std::string> text = read_file(path, 1 << 16);
  const Result<Json> holder = text ? parse_json(*text, path) : Result<Json>(text.failure());
  std::string message = fmt::format("another run holds '{}'", environment);
  if (holder)
    message += fmt::format(": {}, pid {} on {}, since {}", text_at(*holder, "/run", "a run"),
                           number_at(*holder, "/pid"), text_at(*holder, "/host"),
                           text_at(*holder, "/since"));
  return {FailureKind::refused, message,
          fmt::format("Look with ostler status {0}; stop it with ostler hold {0}.", environment),
          "locked"};
}

}  // namespace

Result<EnvironmentLock> EnvironmentLock::take(const std::string& root,
                                              const std::string& cluster_uid,
                                              const std::string& environment,
                                              const std::string& run, Clock& clock) {
  OSTLER_CHECK(make_folders(root + "/locks"));
  const std::string path =
      fmt::format("{}/locks/{}-{}.lock", root, url_encoded(cluster_uid), url_encoded(environment));
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0)
    return Failure{FailureKind::permanent,
                   fmt::format("{}: cannot open the lock: {}", path, std::strerror(errno)), "",
                   "internal"};
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const int reason = errno;
    close(descriptor);
    if (reason == EWOULDBLOCK) return held_by(path, environment);
    return Failure{FailureKind::permanent,
                   fmt::format("{}: cannot lock: {}", path, std::strerror(reason)), "", "internal"};
  }
  EnvironmentLock lock(descriptor, environment);
  lock.name_run(run, clock);
  return lock;
}

void EnvironmentLock::name_run(const std::string& run, Clock& clock) {
  const ProcessMark process = this_process();
  const std::string text = to_bytes(Json{{"environment", environment_},
                                         {"run", run},
                                         {"pid", process.pid},
                                         {"host", process.host},
                                         {"since", format_utc(clock.wall())}}) +
                           "\n";
  // Only information for others: a failure here changes nothing about who holds the lock.
  if (ftruncate(descriptor_, 0) != 0 || pwrite(descriptor_, text.data(), text.size(), 0) < 0)
    return;
}

EnvironmentLock::~EnvironmentLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

EnvironmentLock::EnvironmentLock(EnvironmentLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      environment_(std::move(other.environment_)) {}

EnvironmentLock& EnvironmentLock::operator=(EnvironmentLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(environment_, other.environment_);
  return *this;
}

}  // namespace ostler
