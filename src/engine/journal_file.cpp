// The local journal: one file, one writer, durable when append returns.
#include "ostler/base/file.hpp"
#include "ostler/base/file_handle.hpp"
#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"
#include "ostler/engine/journal.hpp"

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

std::string boot_id() {
  const Result<std::string> id = read_file("/proc/sys/kernel/random/boot_id", 4096);
  return id ? trim(*id) : "unknown";
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

class FileJournal final : public Journal {
 public:
  FileJournal(std::string path, std::string run, std::string actor, Clock& clock, FileHandle lock,
              FileHandle file, JournalReading reading)
      : path_(std::move(path)),
        run_(std::move(run)),
        actor_(std::move(actor)),
        clock_(clock),
        lock_(std::move(lock)),
        file_(std::move(file)),
        records_(std::move(reading.records)),
        last_hash_(std::move(reading.last_hash)),
        size_(static_cast<off_t>(reading.valid_bytes)),
        boot_id_(boot_id()) {
    for (const Record& record : records_) epoch_ = std::max(epoch_, record.epoch);
    keep_reserve();
  }

  ~FileJournal() override { unlink(reserve_path().c_str()); }

  Result<void> append(const std::vector<Entry>& entries) override {
    if (broken_)
      return Failure{FailureKind::permanent, "journal " + path_ + ": an earlier write failed", "",
                     "sync"};
    std::string lines;
    std::vector<Record> added;
    std::string hash = last_hash_;
    for (const Entry& entry : entries) {
      Record record{records_.size() + added.size(), records_.size(), epoch_,     entry.opno,
                    format_utc(clock_.wall()),      actor_,          entry.kind, entry.body};
      record.of = entries.size();
      // A secret must not become durable, whoever put it into a record.
      redact_texts(record.body);
      lines += encode_record(record, run_, clock_.boot(), boot_id_, std::string(hash), &hash);
      added.push_back(std::move(record));
    }
    OSTLER_CHECK(write_durably(lines));
    for (Record& record : added) records_.push_back(std::move(record));
    last_hash_ = hash;
    size_ += static_cast<off_t>(lines.size());
    return {};
  }

  const std::vector<Record>& records() const override { return records_; }
  std::uint64_t epoch() const override { return epoch_; }
  void set_epoch(std::uint64_t epoch) override { epoch_ = epoch; }
  std::string run() const override { return run_; }
  bool exhausted() const override { return exhausted_; }

 private:
  std::string reserve_path() const { return path_ + ".reserve"; }

  /// Room for the last records of a full disk, in a file beside the journal: allocating it inside
  /// would leave zero bytes behind the last line.
  void keep_reserve() {
    const FileHandle reserve(
        open(reserve_path().c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (reserve.get() < 0 || posix_fallocate(reserve.get(), 0, reserve_bytes) != 0)
      unlink(reserve_path().c_str());
  }

  Result<void> write_durably(std::string_view lines) {
    if (!write_all(lines)) {
      if (errno != ENOSPC && errno != EDQUOT) return lost("write");
      // Nothing of this group was promised to anyone, so it may be cut off and written again.
      if (ftruncate(file_.get(), size_) != 0) return lost("cut off a half-written record");
      unlink(reserve_path().c_str());
      exhausted_ = true;
      if (!write_all(lines)) return lost("write (no space left)");
    }
    if (fdatasync(file_.get()) != 0) return lost("sync");
    return {};
  }

  bool write_all(std::string_view lines) {
    while (!lines.empty()) {
      const ssize_t written = write(file_.get(), lines.data(), lines.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      lines.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }

  /// After a failed sync nobody knows what is on the disk, and a second sync may lie: the process
  /// must not go on.
  Failure lost(std::string_view action) {
    broken_ = true;
    return journal_failure(path_, action, "sync");
  }

  std::string path_, run_, actor_;
  Clock& clock_;
  FileHandle lock_, file_;
  std::vector<Record> records_;
  std::string last_hash_;
  off_t size_;
  std::string boot_id_;
  std::uint64_t epoch_ = 0;
  bool broken_ = false, exhausted_ = false;
};

Result<FileHandle> open_for_append(const std::string& path, int flags) {
  FileHandle file(open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | flags, 0600));
  if (file.get() < 0)
    return journal_failure(path, "open",
                           errno == EEXIST   ? "exists"
                           : errno == ENOENT ? "ENOENT"
                                             : "");
  return file;
}

}  // namespace

Result<std::unique_ptr<Journal>> create_journal(const std::string& path, const std::string& run,
                                                const std::string& actor, Clock& clock) {
  OSTLER_TRY(FileHandle lock, take_lock(path));
  OSTLER_TRY(FileHandle file, open_for_append(path, O_CREAT | O_EXCL));
  if (fsync(file.get()) != 0) return journal_failure(path, "sync", "sync");
  OSTLER_CHECK(sync_folder_of(path));
  return std::unique_ptr<Journal>(std::make_unique<FileJournal>(
      path, run, actor, clock, std::move(lock), std::move(file), read_journal("", run)));
}

Result<std::unique_ptr<Journal>> open_journal(const std::string& path, const std::string& run,
                                              const std::string& actor, Clock& clock) {
  OSTLER_TRY(FileHandle lock, take_lock(path));
  OSTLER_TRY(const std::string bytes, read_file(path, largest_journal));
  JournalReading reading = read_journal(bytes, run);
  if (reading.damage) return with_context(*reading.damage, path);
  std::optional<Entry> repair;
  if (reading.torn_bytes > 0) {
    const std::string_view torn = std::string_view(bytes).substr(reading.valid_bytes);
    // A copy is renamed into place: cutting the file itself could lose valid bytes in a power cut.
    OSTLER_CHECK(
        write_file_atomically(path, std::string_view(bytes).substr(0, reading.valid_bytes)));
    repair = Entry{"TAIL_REPAIR",
                   {{"bytes", torn.size()},
                    {"sha256", sha256_hex(torn)},
                    {"reason", "an append that never became durable"}},
                   0};
  }
  OSTLER_TRY(FileHandle file, open_for_append(path, 0));
  auto journal = std::make_unique<FileJournal>(path, run, actor, clock, std::move(lock),
                                               std::move(file), std::move(reading));
  if (repair) OSTLER_CHECK(journal->append({*repair}));
  return std::unique_ptr<Journal>(std::move(journal));
}

Result<JournalReading> peek_journal(const std::string& path, const std::string& run) {
  OSTLER_TRY(const std::string bytes, read_file(path, largest_journal));
  return read_journal(bytes, run);
}

}  // namespace ostler
