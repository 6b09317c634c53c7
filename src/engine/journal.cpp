// The journal over a store: one group at a time, and what to do when the store cannot keep it.
#include "ostler/engine/journal.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/plant.hpp"
#include "ostler/engine/journal_store.hpp"

namespace ostler {
namespace {

class StoredJournal final : public Journal {
 public:
  StoredJournal(std::unique_ptr<JournalStore> store, std::string run, std::string actor,
                Clock& clock, JournalReading reading)
      : store_(std::move(store)),
        run_(std::move(run)),
        actor_(std::move(actor)),
        clock_(clock),
        records_(std::move(reading.records)),
        last_hash_(std::move(reading.last_hash)),
        size_(reading.valid_bytes),
        boot_id_(store_->boot_id()) {
    for (const Record& record : records_) epoch_ = std::max(epoch_, record.epoch);
    store_->keep_reserve();
  }

  Result<void> append(std::vector<Entry> entries) override {
    if (broken_)
      return Failure{FailureKind::permanent,
                     "journal " + store_->name() + ": an earlier write failed", "", "sync"};
    std::string lines;
    std::vector<Record> added;
    std::string hash = last_hash_;
    for (Entry& entry : entries) {
      Record record{records_.size() + added.size(),
                    records_.size(),
                    epoch_,
                    entry.opno,
                    format_utc(clock_.wall()),
                    actor_,
                    std::move(entry.kind),
                    std::move(entry.body)};
      record.of = entries.size();
      // A secret must not become durable, whoever put it into a record.
      redact_texts(record.body);
      lines += encode_record(record, run_, clock_.boot(), boot_id_, std::string(hash), &hash);
      added.push_back(std::move(record));
    }
    OSTLER_CHECK(write_durably(lines));
    for (Record& record : added) records_.push_back(std::move(record));
    last_hash_ = hash;
    size_ += lines.size();
    return {};
  }

  const std::vector<Record>& records() const override { return records_; }
  std::uint64_t epoch() const override { return epoch_; }
  void set_epoch(std::uint64_t epoch) override { epoch_ = epoch; }
  std::string run() const override { return run_; }
  bool exhausted() const override { return exhausted_; }

 private:
  Result<void> write_durably(std::string_view lines) {
    Result<void> written = store_->append(lines);
    if (!written && written.failure().code == "no_space") {
      // Nothing of this group was promised to anyone, so it may be cut off and written again.
      OSTLER_CHECK(kept(store_->cut(size_)));
      store_->give_up_reserve();
      exhausted_ = true;
      written = store_->append(lines);
    }
    OSTLER_CHECK(kept(std::move(written)));
    if (planted("intent_not_durable") && lines.find("INTENT") != std::string_view::npos) return {};
    Result<void> synced = store_->sync();
    if (planted("sync_error_ignored")) return {};
    return kept(std::move(synced));
  }

  /// After a failed write or sync nobody knows what is on the disk, and a second sync may lie: the
  /// process must not go on.
  Result<void> kept(Result<void> done) {
    if (done) return done;
    broken_ = true;
    done.failure().code = "sync";
    return done;
  }

  std::unique_ptr<JournalStore> store_;
  std::string run_, actor_;
  Clock& clock_;
  std::vector<Record> records_;
  std::string last_hash_;
  std::size_t size_;
  std::string boot_id_;
  std::uint64_t epoch_ = 0;
  bool broken_ = false, exhausted_ = false;
};

}  // namespace

Result<std::unique_ptr<Journal>> create_journal(std::unique_ptr<JournalStore> store,
                                                const std::string& run, const std::string& actor,
                                                Clock& clock) {
  return std::unique_ptr<Journal>(
      std::make_unique<StoredJournal>(std::move(store), run, actor, clock, read_journal("", run)));
}

Result<std::unique_ptr<Journal>> open_journal(std::unique_ptr<JournalStore> store,
                                              const std::string& run, const std::string& actor,
                                              Clock& clock) {
  OSTLER_TRY(const std::string bytes, store->read());
  JournalReading reading = read_journal(bytes, run);
  if (reading.damage) return with_context(*reading.damage, store->name());
  std::optional<Entry> repair;
  // A copy takes its place, torn or not: a process before us may have met a failed sync, after
  // which the kernel takes those pages for written, and cutting the file itself could lose valid
  // bytes in a power cut. A disk that has no room for a copy must not keep a sound run from going
  // back.
  if (!bytes.empty())
    if (const Result<void> copied =
            store->replace(std::string_view(bytes).substr(0, reading.valid_bytes));
        !copied && reading.torn_bytes > 0)
      return copied.failure();
  if (reading.torn_bytes > 0) {
    const std::string_view torn = std::string_view(bytes).substr(reading.valid_bytes);
    repair = Entry{"TAIL_REPAIR",
                   {{"bytes", torn.size()},
                    {"sha256", sha256_hex(torn)},
                    {"reason", "an append that never became durable"}},
                   0};
  }
  auto journal =
      std::make_unique<StoredJournal>(std::move(store), run, actor, clock, std::move(reading));
  if (repair) OSTLER_CHECK(journal->append({*repair}));
  return std::unique_ptr<Journal>(std::move(journal));
}

Result<std::unique_ptr<Journal>> create_journal(const std::string& path, const std::string& run,
                                                const std::string& actor, Clock& clock) {
  OSTLER_TRY(auto store, create_journal_file(path));
  return create_journal(std::move(store), run, actor, clock);
}

Result<std::unique_ptr<Journal>> open_journal(const std::string& path, const std::string& run,
                                              const std::string& actor, Clock& clock) {
  OSTLER_TRY(auto store, open_journal_file(path));
  return open_journal(std::move(store), run, actor, clock);
}

}  // namespace ostler
