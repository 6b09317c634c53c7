#pragma once

#include "run_store.hpp"

namespace ostler {

/// The events of a run as its folder holds them; lines that are none are left out.
std::vector<Event> read_events(const RunFolder& folder);

/// Everything that explains a run. Fails as "invalid" when its plan or journal cannot be read.
Result<RunEvidence> gather(const RunStore& store, const StoredRun& run);

}  // namespace ostler
