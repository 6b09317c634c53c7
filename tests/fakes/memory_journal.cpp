// A journal in memory.
#include "tests/fakes/memory_journal.hpp"

namespace ostler::fakes {

Result<void> MemoryJournal::append(std::vector<Entry> entries) {
  if (fails) return *fails;
  if (before_append) before_append();
  const std::uint64_t group = records_.size();
  for (Entry& entry : entries)
    records_.push_back({records_.size(), group, epoch_, entry.opno, "2026-11-24T09:00:00.000Z",
                        "test", std::move(entry.kind), std::move(entry.body)});
  if (after_append) after_append();
  return {};
}

}  // namespace ostler::fakes
