#pragma once

#include "ostler/engine/executor.hpp"

#include <memory>

namespace ostler {

/// The executor's door to all kinds that are built in.
std::unique_ptr<Kinds> make_kind_table();

}  // namespace ostler
