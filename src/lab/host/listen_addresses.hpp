#pragma once

#include "ostler/lab/local_servers.hpp"

#include <string_view>

namespace ostler::lab {

bool accepts_connections(const ListenAt& at);

/// Fails as `refused` with code "address" when no server could listen there now. `who` is the one
/// that is to.
Result<void> require_free(const ListenAt& at, std::string_view who);

}  // namespace ostler::lab
