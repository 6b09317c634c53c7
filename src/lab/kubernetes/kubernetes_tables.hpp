#pragma once

#include "lab/objects/api_kinds.hpp"

#include "ostler/base/clock.hpp"

#include <memory>
#include <string>
#include <vector>

namespace ostler::lab {

/// Which form of an object goes into the row of a table.
enum class RowObject { none, metadata, whole };

/// Objects as the table that `kubectl get` prints: columns and cells as the real server makes them,
/// ages as of `now`.
Json table_of(const ApiKind& kind, const std::vector<const Json*>& objects, WallTime now,
              RowObject form, const Json& metadata = Json::object());

/// "41s", "3m20s", "2d4h": a duration as kubectl shows it.
std::string human_duration(std::chrono::seconds duration);

}  // namespace ostler::lab
