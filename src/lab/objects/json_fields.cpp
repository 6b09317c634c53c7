// Members of the cluster's own JSON, read without building a text for the way there.
#include "lab/objects/json_fields.hpp"

namespace ostler::lab {

const Json& no_value() {
  static const Json null;
  return null;
}

const Json& field(const Json& object, const char* name) {
  if (!object.is_object()) return no_value();
  const auto found = object.find(name);
  return found == object.end() ? no_value() : *found;
}

const std::string& text_of(const Json& value) {
  static const std::string empty;
  return value.is_string() ? value.get_ref<const std::string&>() : empty;
}

std::int64_t number_of(const Json& value, std::int64_t otherwise) {
  return value.is_number_integer() ? value.get<std::int64_t>() : otherwise;
}

const Json& object_of(const Json& value) {
  static const Json empty = Json::object();
  return value.is_object() ? value : empty;
}

}  // namespace ostler::lab
