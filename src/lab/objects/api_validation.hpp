#pragma once

#include "lab/objects/api_status.hpp"

#include <vector>

namespace ostler::lab {

/// What the API server would refuse in that object, in the order in which it says so. `before` is
/// what stands there, or null for a new object.
std::vector<FieldTrouble> troubles_of(const Json& object, const Json* before);

}  // namespace ostler::lab
