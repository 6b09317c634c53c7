#pragma once

#include "ostler/base/json.hpp"

#include <optional>
#include <string_view>

namespace ostler::lab {

/// Reads a body in the API server's protobuf form as the JSON that says the same. Only for what
/// kubectl sends in no other form: reviews of rights, evictions, and the ConfigMaps, Secrets and
/// Namespaces that `kubectl create` makes. Nothing for other kinds and for damaged bytes.
std::optional<Json> read_protobuf(std::string_view bytes);

}  // namespace ostler::lab
