// The journal's bytes in a file: one writer, durable when sync returns.
#include "ostler/base/file.hpp"
#include "ostler/base/file_handle.hpp"
#include "ostler/base/text.hpp"
#include "ostler/engine/journal.hpp"
#include "ostler/engine/journal_store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace ostler {
namespace {

constexpr std::size_t largest_journal = 256u << 20;
constexpr off_t reserve_bytes = 1 << 20;

Failure journal_failure(const std::string& path, std::string_view action, std::string code = "") {
  return {FailureKind::permanent,
          fmt::format("journal {}: cannot {}: {}", path, action, std::strerror(errno)), "",
          std::move(code)};
}

Result<FileHandle> take_lock(const std::string& path) {
  FileHandle lock(open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (lock.get() < 0) return journal_failure(path, "open its lock");
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return journal_failure(path, "lock it");
    return Failure{FailureKind::refused,
                   fmt::format("journal {}: another process is writing it", path),
                   "Wait for it, or look at it with `ostler status`.", "locked"};
  }
  return lock;
}

Result<void> sync_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const FileHandle directory(
      open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || fsync(directory.get()) != 0)
    return journal_failure(path, "sync its folder", "sync");
  return {};
}

Result<FileHandle> open_for_append(const std::string& path, int flags) {
  FileHandle file(open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | flags, 0600));
  if (file.get() < 0)
    return journal_failure(path, "open",
                           errno == EEXIST   ? "exists"
                           : errno == ENOENT ? "ENOENT"
                                             : "");
  return file;
}

class JournalFile final : public JournalStore {
 public:
  JournalFile(std::string path, FileHandle lock, FileHandle file)
      : path_(std::move(path)), lock_(std::move(lock)), file_(std::move(file)) {}
  ~JournalFile() override { give_up_reserve(); }

  Result<std::string> read() override { return read_file(path_, largest_journal); }

  Result<void> append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = write(file_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0)
        return journal_failure(path_, "write",
                               errno == ENOSPC || errno == EDQUOT ? "no_space" : "sync");
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  Result<void> sync() override {
    if (fdatasync(file_.get()) != 0) return journal_failure(path_, "sync", "sync");
    return {};
  }

  Result<void> cut(std::size_t size) override {
    if (ftruncate(file_.get(), static_cast<off_t>(size)) != 0)
      return journal_failure(path_, "cut off a half-written record", "sync");
    return {};
  }

  Result<void> replace(std::string_view bytes) override {
    OSTLER_CHECK(write_file_atomically(path_, bytes));
    OSTLER_TRY(file_, open_for_append(path_, 0));
    return {};
  }

  /// In a file beside the journal: allocating it inside would leave zero bytes behind the last
  /// line.
  void keep_reserve() override {
    const FileHandle reserve(
        open(reserve_path().c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (reserve.get() < 0 || posix_fallocate(reserve.get(), 0, reserve_bytes) != 0)
      give_up_reserve();
  }
  void give_up_reserve() override { unlink(reserve_path().c_str()); }

  std::string name() const override { return path_; }
  std::string boot_id() const override {
    const Result<std::string> id = read_file("/proc/sys/kernel/random/boot_id", 4096);
    return id ? trim(*id) : "unknown";
  }

 private:
  std::string reserve_path() const { return path_ + ".reserve"; }

  std::string path_;
  FileHandle lock_, file_;
};

}  // namespace

Result<std::unique_ptr<JournalStore>> create_journal_file(const std::string& path) {
  OSTLER_TRY(FileHandle lock, take_lock(path));
  OSTLER_TRY(FileHandle file, open_for_append(path, O_CREAT | O_EXCL));
  if (fsync(file.get()) != 0) return journal_failure(path, "sync", "sync");
  OSTLER_CHECK(sync_folder_of(path));
  return std::unique_ptr<JournalStore>(
      std::make_unique<JournalFile>(path, std::move(lock), std::move(file)));
}

Result<std::unique_ptr<JournalStore>> open_journal_file(const std::string& path) {
  OSTLER_TRY(FileHandle lock, take_lock(path));
  OSTLER_TRY(FileHandle file, open_for_append(path, 0));
  return std::unique_ptr<JournalStore>(
      std::make_unique<JournalFile>(path, std::move(lock), std::move(file)));
}

Result<JournalReading> peek_journal(const std::string& path, const std::string& run) {
  OSTLER_TRY(const std::string bytes, read_file(path, largest_journal));
  return read_journal(bytes, run);
}

}  // namespace ostler
