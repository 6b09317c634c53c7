#pragma once

#include "lab/objects/api_kinds.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ostler::lab {

/// Takes out of what a client sends all fields that its kind does not have, and says which:
/// `spec.template.spec.containers[0].foo`. Knows the parts of the kinds that people write by hand;
/// what it does not know it leaves alone.
std::vector<std::string> take_unknown_fields(const ApiKind& kind, Json& object);

/// A value of another type than its field has.
struct WrongType {
  std::string place;     ///< spec.template.spec.containers[0].image
  std::string found;     ///< "string", "number 1.5", "bool", "array", "object"
  std::string decoding;  ///< in the words of the server's JSON decoder
  std::string applying;  ///< in the words of server-side apply
};

/// The first such value in an object of that kind (or in a Scale), as far as types are known here.
std::optional<WrongType> wrong_type(const std::string& kind, const Json& object);

}  // namespace ostler::lab
