#pragma once

#include "ostler/lab/door.hpp"

#include <optional>

namespace ostler::lab {

/// What the API server says of itself: version, health, groups, resources, and of OpenAPI what
/// kubectl looks for before it trusts field validation. Nothing for other paths.
std::optional<Served> discovery_answer(const Target& target);

}  // namespace ostler::lab
