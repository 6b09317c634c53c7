#pragma once

#include "ostler/systems/traefik.hpp"

#include <string>

namespace ostler {

/// The route as a list of GET /api/http/services shows it. Pure. A child's name is
/// "<namespace>-<service>-<port>": with the namespace known and the port a number, the Service
/// between them is certain, dashes or not.
LoadedRoute read_loaded_route(const Json& services, const std::string& name_space,
                              const std::string& name);

}  // namespace ostler
