#pragma once

#include "run_store.hpp"

namespace ostler {

/// The run that hold, resume and abort mean: by its name, the newest of an environment, or, when
/// nothing was typed, the only one on this machine that is not finished. Fails as "usage".
Result<StoredRun> find_run(const RunStore& store, const std::string& typed);

}  // namespace ostler
