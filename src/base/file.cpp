// Files read whole and replaced durably.
#include "ostler/base/file.hpp"

#include "ostler/base/file_handle.hpp"
#include "ostler/base/hash.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace ostler {
namespace {

Failure file_failure(const std::string& path, std::string_view action) {
  const int reason = errno;
  return {FailureKind::permanent,
          fmt::format("{}: cannot {}: {}", path, action, std::strerror(reason)), "",
          reason == ENOENT   ? "ENOENT"
          : reason == ENOSPC ? "ENOSPC"
                             : ""};
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const FileHandle file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (file.get() < 0) return file_failure(path, "open");
  struct stat information {};
  if (fstat(file.get(), &information) != 0) return file_failure(path, "look at");
  if (!S_ISREG(information.st_mode))
    return Failure{FailureKind::permanent, path + ": is not a regular file", "", ""};
  if (static_cast<std::size_t>(information.st_size) > limit)
    return Failure{
        FailureKind::permanent,
        fmt::format("{}: is {} bytes long, at most {} are read", path, information.st_size, limit),
        "", "too-large"};
  std::string bytes;
  std::string buffer(64u << 10, '\0');
  while (bytes.size() <= limit) {
    const ssize_t got = read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_failure(path, "read");
    if (got == 0) return bytes;
    bytes.append(buffer, 0, static_cast<std::size_t>(got));
  }
  return Failure{FailureKind::permanent, fmt::format("{}: at most {} bytes are read", path, limit),
                 "", "too-large"};
}

Result<void> write_file_atomically(const std::string& path, std::string_view bytes, int mode) {
  const std::filesystem::path target(path);
  const std::string folder = target.has_parent_path() ? target.parent_path().string() : ".";
  const std::string temporary =
      fmt::format("{}/.{}.{}", folder, target.filename().string(), random_hex(8));
  {
    const FileHandle file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (file.get() < 0) return file_failure(path, "write");
    if (!write_all(file.get(), bytes) || fsync(file.get()) != 0) {
      const Failure failure = file_failure(path, "write");
      unlink(temporary.c_str());
      return failure;
    }
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    const Failure failure = file_failure(path, "replace");
    unlink(temporary.c_str());
    return failure;
  }
  const FileHandle directory(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || fsync(directory.get()) != 0) return file_failure(folder, "sync");
  return {};
}

Result<void> make_folders(const std::string& path) {
  const std::filesystem::path whole(path);
  std::filesystem::path sofar;
  for (const auto& part : whole) {
    sofar /= part;
    if (mkdir(sofar.c_str(), 0700) != 0 && errno != EEXIST && errno != EISDIR)
      return file_failure(sofar.string(), "create the folder");
  }
  std::error_code ignored;
  if (!std::filesystem::is_directory(whole, ignored))
    return Failure{FailureKind::permanent, path + ": is not a folder", "", ""};
  return {};
}

bool file_exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

}  // namespace ostler
