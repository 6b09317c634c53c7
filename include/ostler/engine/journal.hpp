#pragma once

#include "ostler/base/clock.hpp"
#include "ostler/base/json.hpp"
#include "ostler/base/result.hpp"
#include "ostler/engine/journal_store.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ostler {

/// One record as it stands in a journal. Kinds and their bodies: RUN_OPEN, LEASE, SNAPSHOT, INTENT,
/// OUTCOME, IN_DOUBT, GATE, PHASE, DRIFT, DECISION, RUN_CLOSE, TAIL_REPAIR.
struct Record {
  std::uint64_t seq = 0;
  std::uint64_t group = 0;  ///< seq of the first record that was synced together with this one
  std::uint64_t epoch = 0;
  std::uint64_t opno = 0;
  std::string wall;  ///< for people
  std::string actor;
  std::string kind;
  Json body;
  std::uint64_t of =
      1;  ///< how many records its group has: a group counts as a whole or not at all
};

/// A record to be written.
struct Entry {
  std::string kind;
  Json body;
  std::uint64_t opno = 0;
};

/// The memory of one run: append-only, hash-chained, durable when append returns, one writer.
class Journal {
 public:
  virtual ~Journal() = default;
  /// Appends all entries as one group: after a crash all of them are there, or none. When it
  /// returns success they survive a power cut. A failure
  /// is final for this process (a failed sync is never retried): the caller stops without another
  /// effect.
  virtual Result<void> append(std::vector<Entry> entries) = 0;
  /// Everything so far, in order.
  virtual const std::vector<Record>& records() const = 0;
  virtual std::uint64_t epoch() const = 0;
  virtual void set_epoch(std::uint64_t epoch) = 0;
  virtual std::string run() const = 0;
  /// True once the disk was full and the reserve had to be given up for the newest group: no
  /// further effect may begin, the run is to be held while there is still room for a last record.
  virtual bool exhausted() const = 0;
};

/// What reading a journal's bytes gave. Pure, so that it can be tested at every byte.
struct JournalReading {
  std::vector<Record> records;
  std::string last_hash;        ///< `sha` of the last valid record; 64 zeros when there is none
  std::size_t valid_bytes = 0;  ///< length of the valid prefix
  std::size_t torn_bytes = 0;   ///< behind it, to be dropped: a group that never became durable
  std::optional<Failure>
      damage;  ///< anything else: not repairable, with the first bad seq in the message
};
JournalReading read_journal(std::string_view bytes, std::string_view run);

/// The line (with line feed) for one record; `previous` is the hash of the line before.
std::string encode_record(const Record& record, std::string_view run, const BootTime& boot,
                          std::string_view boot_id, std::string_view previous, std::string* hash);

/// The local store: a JSON Lines file, mode 0600, in a folder of its own. A file lock makes a
/// second writer fail as `refused` with code "locked". Creating fails when the file exists; opening
/// repairs a torn tail (and records it) and fails as `permanent` with code "damaged" on anything
/// else, with code "newer" on a format of a later ostler.
Result<std::unique_ptr<Journal>> create_journal(const std::string& path, const std::string& run,
                                                const std::string& actor, Clock& clock);
Result<std::unique_ptr<Journal>> open_journal(const std::string& path, const std::string& run,
                                              const std::string& actor, Clock& clock);

/// The same over any store that holds nothing yet, or whatever an earlier process left in it.
Result<std::unique_ptr<Journal>> create_journal(std::unique_ptr<JournalStore> store,
                                                const std::string& run, const std::string& actor,
                                                Clock& clock);
Result<std::unique_ptr<Journal>> open_journal(std::unique_ptr<JournalStore> store,
                                              const std::string& run, const std::string& actor,
                                              Clock& clock);

/// Reads without locking or repairing, for commands that only look.
Result<JournalReading> peek_journal(const std::string& path, const std::string& run);

}  // namespace ostler
