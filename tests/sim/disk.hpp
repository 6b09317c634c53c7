// The disk under a simulated journal: what is in the page cache, what is durable, and what a failed
// sync left in between.
#pragma once

#include "sim/process.hpp"

#include "ostler/engine/journal_store.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace ostler::sim {

/// One file. Outlives the processes that use it; one of them at a time.
class SimDisk {
 public:
  SimDisk(Faults& faults, Trace& trace, std::uint64_t seed);

  /// Fails as `refused` with code "locked" while another process has it.
  Result<std::unique_ptr<JournalStore>> open(Process& process);

  /// What a kill leaves: the page cache stays, mostly; a write that was under way may be torn.
  void lose_process();
  /// What a power cut leaves of what was not durable.
  void lose_power();
  /// There is room again, and syncs do what they promise.
  void heal() { capacity_ = std::string::npos; }

  const std::string& bytes() const { return bytes_; }

  /// Called with bytes that have just become durable, for whoever checks what was promised.
  std::function<void(std::string_view)> on_durable;

 private:
  friend class SimStore;
  Result<void> append(Process& process, std::string_view bytes);
  Result<void> sync(Process& process);
  Result<void> replace(Process& process, std::string_view bytes);
  void cut(std::size_t size);

  Faults& faults_;
  Trace& trace_;
  Chance chance_;
  std::string bytes_;        ///< as reading gives them
  std::size_t written_ = 0;  ///< up to here on the disk, but for `doubtful_`
  std::vector<std::pair<std::size_t, std::size_t>> doubtful_;  ///< ranges whose sync failed
  std::size_t capacity_ = std::string::npos;
  bool reserve_ = false, locked_ = false;
  std::size_t writing_ = 0;  ///< bytes of a write that no sync has followed yet
  std::size_t boots_ = 0;
};

}  // namespace ostler::sim
