#pragma once

#include "ostler/base/result.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace ostler {

/// Where the bytes of one journal lie: a file, or a simulated disk. One writer at a time; the store
/// knows nothing of records. Failures carry code "no_space" when there is no room, "sync" when a
/// write or a sync failed and nobody knows what is there.
class JournalStore {
 public:
  virtual ~JournalStore() = default;
  /// Everything that reading gives now. "Empty" is never concluded from an error.
  virtual Result<std::string> read() = 0;
  /// Writes behind everything that is there; after a failure a part of `bytes` may be there.
  virtual Result<void> append(std::string_view bytes) = 0;
  /// What was appended survives a power cut when this succeeds. A failure is final: a later success
  /// would say nothing about what was written before it.
  virtual Result<void> sync() = 0;
  /// Takes off what stands behind the first `size` bytes.
  virtual Result<void> cut(std::size_t size) = 0;
  /// Replaces everything, durably: a reader sees the old or the new bytes, never a mixture, also
  /// after a power cut.
  virtual Result<void> replace(std::string_view bytes) = 0;
  /// Sets room aside for the last records of a disk that runs full; best effort.
  virtual void keep_reserve() = 0;
  virtual void give_up_reserve() = 0;
  /// How messages name it.
  virtual std::string name() const = 0;
  /// Tells one boot of this machine from another, for whoever reads boot times in records.
  virtual std::string boot_id() const = 0;
};

/// The real store: a file, mode 0600, with a lock and a reserve beside it. A second writer fails as
/// `refused` with code "locked". Creating fails with code "exists" when the file is there, opening
/// with code "ENOENT" when it is not.
Result<std::unique_ptr<JournalStore>> create_journal_file(const std::string& path);
Result<std::unique_ptr<JournalStore>> open_journal_file(const std::string& path);

}  // namespace ostler
