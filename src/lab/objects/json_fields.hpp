// Members of the cluster's own JSON, read without building a text for the way there.
#pragma once

#include "ostler/base/json.hpp"

#include <string>

namespace ostler::lab {

/// A null value that lives for ever.
const Json& no_value();
/// The member of that name, or `no_value`.
const Json& field(const Json& object, const char* name);

template <typename... Names>
const Json& field(const Json& object, const char* name, Names... further) {
  return field(field(object, name), further...);
}

/// The value's text, or an empty one that lives for ever.
const std::string& text_of(const Json& value);
std::int64_t number_of(const Json& value, std::int64_t otherwise = 0);
inline bool flag_of(const Json& value, bool otherwise = false) {
  return value.is_boolean() ? value.get<bool>() : otherwise;
}
/// The value itself when it is an object, else an empty object that lives for ever.
const Json& object_of(const Json& value);

}  // namespace ostler::lab
