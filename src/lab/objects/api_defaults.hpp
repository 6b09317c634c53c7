#pragma once

#include "ostler/base/json.hpp"

namespace ostler::lab {

/// Fills in what the API server would for an object of a built-in kind that is new or changed.
/// What needs a number of its own (cluster address, uid) is not among it.
void set_defaults(Json& object);

/// What a Job gets at its creation, by its uid: the selector and the labels of its Pods.
void label_job(Json& job);

}  // namespace ostler::lab
