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

  Result<void> append(std::vector<Entry> entries) override;
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
