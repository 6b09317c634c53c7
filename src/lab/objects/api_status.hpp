#pragma once

#include "ostler/lab/objects.hpp"

#include <string>
#include <vector>

namespace ostler::lab {

/// One thing that is wrong with an object: a cause of an Invalid answer.
struct FieldTrouble {
  const char* type;     ///< "FieldValueInvalid", "FieldValueRequired", …
  std::string field;    ///< "spec.replicas"
  std::string message;  ///< "Invalid value: -1: must be greater than or equal to 0"
};
FieldTrouble invalid_field(std::string field, const Json& value, std::string_view why);
FieldTrouble required_field(std::string field, std::string_view why = "");

ApiAnswer not_found(const ObjectRef& ref);
ApiAnswer already_exists(const ObjectRef& ref);
ApiAnswer conflict(const ObjectRef& ref, const std::string& why);
/// 422 with its causes, in the words of the real server.
ApiAnswer invalid(const ObjectRef& ref, const std::vector<FieldTrouble>& troubles);
ApiAnswer bad_request(const std::string& message);
/// What a DELETE answers that is done at once.
ApiAnswer deleted(const ObjectRef& ref, const std::string& uid);

}  // namespace ostler::lab
