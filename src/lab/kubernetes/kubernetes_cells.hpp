#pragma once

#include "ostler/base/clock.hpp"
#include "ostler/base/json.hpp"

#include <string>

namespace ostler::lab {

/// One column of a table; those of priority 1 are shown with `-o wide` only.
struct Column {
  const char* name;
  const char* type = "string";
  int priority = 0;
};

/// How long the object has been there, as kubectl shows it.
std::string age(const Json& object, WallTime now);

// The cells of one object's row, in the order of its kind's columns.
Json pod_cells(const Json& pod, WallTime now);
Json deployment_cells(const Json& deployment, WallTime now);
Json replica_set_cells(const Json& set, WallTime now);
Json stateful_set_cells(const Json& set, WallTime now);
Json job_cells(const Json& job, WallTime now);
Json service_cells(const Json& service, WallTime now);
Json autoscaler_cells(const Json& autoscaler, WallTime now);
Json budget_cells(const Json& budget, WallTime now);
Json node_cells(const Json& node, WallTime now);
Json event_cells(const Json& event, WallTime now);
Json namespace_cells(const Json& name_space, WallTime now);
Json config_map_cells(const Json& map, WallTime now);
Json secret_cells(const Json& secret, WallTime now);
Json lease_cells(const Json& lease, WallTime now);
Json endpoint_slice_cells(const Json& slice, WallTime now);

}  // namespace ostler::lab
