#pragma once

#include "ostler/base/json.hpp"

#include <string_view>

namespace ostler::lab {

/// Applies a strategic merge patch to an object of a built-in kind: lists of containers, variables,
/// ports and the like merge by their keys, null takes away, and the directives `$patch`,
/// `$retainKeys`, `$setElementOrder` and `$deleteFromPrimitiveList` do what they say.
void strategic_merge(Json& object, const Json& patch, std::string_view kind);

}  // namespace ostler::lab
