#pragma once

#include "ostler/systems/traefik.hpp"

#include <string>
#include <vector>

namespace ostler {

/// The route that a TraefikService object describes. Pure. Fails as `permanent` when the object is
/// not a weighted one or has a child that ostler cannot tell apart in the proxies (a port by name,
/// another namespace).
Result<WeightedRoute> read_weighted_route(const Json& object);

/// The merge patch that brings `children` into the object behind `expected`, guarded by its
/// resourceVersion. Pure.
Json children_patch(const WeightedRoute& expected, const std::vector<WeightedChild>& children,
                    const Breadcrumb& breadcrumb);

}  // namespace ostler
