// A journal in memory, with a hook before and after each append for crash sweeps.
#pragma once

#include "ostler/engine/journal.hpp"

#include <functional>

namespace ostler::fakes {

class MemoryJournal final : public Journal {
 public:
  std::function<void()> before_append, after_append;  ///< may throw: a crash
  bool full = false;                                  ///< the disk is full, the reserve is in use
  std::optional<Failure> fails;                       ///< every append fails with this

  Result<void> append(const std::vector<Entry>& entries) override {
    if (fails) return *fails;
    if (before_append) before_append();
    const std::uint64_t group = records_.size();
    for (const Entry& entry : entries)
      records_.push_back({records_.size(), group, epoch_, entry.opno, "2026-11-24T09:00:00.000Z",
                          "test", entry.kind, entry.body});
    if (after_append) after_append();
    return {};
  }
  const std::vector<Record>& records() const override { return records_; }
  std::uint64_t epoch() const override { return epoch_; }
  void set_epoch(std::uint64_t epoch) override { epoch_ = epoch; }
  std::string run() const override { return "test-1"; }
  bool exhausted() const override { return full; }

 private:
  std::vector<Record> records_;
  std::uint64_t epoch_ = 0;
};

}  // namespace ostler::fakes
