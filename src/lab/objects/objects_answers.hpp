#pragma once

#include "ostler/base/json.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace ostler::lab {

/// The Scale of a Deployment, a ReplicaSet or a StatefulSet.
Json scale_of(const Json& object);

/// Where a page of a list ended.
struct ContinueToken {
  std::uint64_t version = 0;  ///< of the whole list
  std::string name_space, name;
  std::string text() const;
  static std::optional<ContinueToken> read(const std::string& text);
};

}  // namespace ostler::lab
