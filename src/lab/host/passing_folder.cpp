// Folders that go with their process, and what is left of those whose process was killed.
#include "ostler/lab/passing_folder.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/text.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace ostler::lab {
namespace {

namespace fs = std::filesystem;

constexpr const char* lock_name = ".ostler-lock";
constexpr std::string_view unique_part = "XXXXXX";

// The servers' account has to get through to its own folder below.
constexpr mode_t open_to_pass = 0711;

Failure lock_trouble(const std::string& path, int error) {
  return {FailureKind::refused,
          fmt::format("{}: the lock cannot be taken: {}", path, std::strerror(error)),
          "Choose a folder that you may write.", "usage"};
}

std::string temporary_folder() {
  const char* chosen = std::getenv("TMPDIR");
  return chosen != nullptr && *chosen != '\0' ? chosen : "/tmp";
}

Failure no_folder(const std::string& path, int error) {
  const char* chosen = std::getenv("TMPDIR");
  return {FailureKind::refused,
          fmt::format("{}: the temporary folder cannot be made: {}", path, std::strerror(error)),
          fmt::format("Set TMPDIR to a folder that exists and that you may write; {}.",
                      chosen == nullptr ? "it is not set" : "it is now " + sanitize(chosen)),
          "usage"};
}

/// Whether the folder's name and owner say that it is one of ours.
bool is_ours(const fs::path& path, const std::string& prefix) {
  const std::string name = path.filename().string();
  struct stat found {};
  return name.size() == prefix.size() + unique_part.size() && starts_with(name, prefix) &&
         lstat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == geteuid();
}

/// The lock file goes last: a removal that is broken off can be taken up again.
void remove_all_under_lock(const fs::path& folder) {
  std::error_code ignored;
  for (fs::directory_iterator entry(folder, ignored), end; entry != end; entry.increment(ignored))
    if (entry->path().filename() != lock_name) fs::remove_all(entry->path(), ignored);
  fs::remove_all(folder, ignored);
}

void remove_if_left(const fs::path& folder) {
  const fs::path path = folder / lock_name;
  const FileHandle lock(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (lock.get() < 0 || flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return;
  remove_all_under_lock(folder);
}

void remove_left_ones(const std::string& within, const std::string& prefix) {
  std::error_code ignored;
  for (fs::directory_iterator entry(within, ignored), end; entry != end; entry.increment(ignored))
    if (is_ours(entry->path(), prefix)) remove_if_left(entry->path());
}

}  // namespace

Result<FileHandle> hold_folder(const std::string& folder) {
  const std::string path = folder + "/" + lock_name;
  FileHandle lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (lock.get() < 0) return lock_trouble(path, errno);
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return lock_trouble(path, errno);
    const Result<std::string> holder = read_file(path, 64);
    return Failure{FailureKind::refused,
                   fmt::format("{} is in use by process {}", folder,
                               holder && !holder->empty() ? sanitize(trim(*holder)) : "?"),
                   "Choose another folder, or end that process first.", "locked"};
  }
  const std::string process = std::to_string(getpid()) + "\n";
  if (ftruncate(lock.get(), 0) != 0 || pwrite(lock.get(), process.data(), process.size(), 0) < 0)
    return lock_trouble(path, errno);
  return lock;
}

Result<std::unique_ptr<PassingFolder>> PassingFolder::make(const std::string& kind) {
  const std::string within = temporary_folder(), prefix = fmt::format("ostler-{}-", kind);
  remove_left_ones(within, prefix);
  constexpr int attempts = 3;
  for (int attempt = 1;; ++attempt) {
    std::string path = fmt::format("{}/{}{}", within, prefix, unique_part);
    if (mkdtemp(path.data()) == nullptr) return no_folder(path, errno);
    Result<FileHandle> held = hold_folder(path);
    // Until it is held, another process may take it for one that was left, and remove it.
    if (held.ok() && file_exists(path + "/" + lock_name) && chmod(path.c_str(), open_to_pass) == 0)
      return std::unique_ptr<PassingFolder>(new PassingFolder(path, *std::move(held)));
    std::error_code ignored;
    fs::remove_all(path, ignored);
    if (attempt == attempts) return held.ok() ? no_folder(path, EBUSY) : held.failure();
  }
}

PassingFolder::~PassingFolder() {
  remove_all_under_lock(path_);
}

}  // namespace ostler::lab
