#pragma once

#include "lab/objects/api_kinds.hpp"

#include <string>
#include <vector>

namespace ostler::lab {

/// Takes out of what a client sends all fields that its kind does not have, and says which:
/// `spec.template.spec.containers[0].foo`. Knows the parts of the kinds that people write by hand;
/// what it does not know it leaves alone.
std::vector<std::string> take_unknown_fields(const ApiKind& kind, Json& object);

}  // namespace ostler::lab
