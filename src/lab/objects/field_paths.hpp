#pragma once

#include "lab/objects/api_kinds.hpp"

#include <functional>
#include <string>
#include <vector>

namespace ostler::lab {

/// Where a field stands: its elements, written as the API server does: ".spec", ".containers",
/// `[name="odoo"]`. Their concatenation is how messages name the field.
using FieldPath = std::vector<std::string>;

/// Calls `visit` for every field of an object that somebody can own: leaves, lists that are owned
/// as a whole, and the items of those that are not. Identity, what the server keeps, and status are
/// left out.
void each_field(const ApiKind* kind, const Json& object,
                const std::function<void(const FieldPath&)>& visit);

/// Calls `visit` for every such field in which the two differ, and says whether `after` has it.
void each_difference(const ApiKind* kind, const Json& before, const Json& after,
                     const std::function<void(const FieldPath&, bool)>& visit);

/// The value there, or null.
const Json* field_at(const Json& object, const FieldPath& path);
/// Takes the field away, and what is empty without it.
void erase_field(Json& object, const FieldPath& path);
/// Lays what is applied over what stands there: members and items of keyed lists merge.
void merge_applied(const ApiKind* kind, Json& object, const Json& applied);

}  // namespace ostler::lab
