#pragma once

#include "ostler/base/json.hpp"

#include <string_view>
#include <vector>

namespace ostler::lab {

/// How one list of a built-in kind merges.
struct ListRule {
  /// Member by which a strategic patch finds an item; nullptr: the list is replaced as a whole.
  const char* patch_key = nullptr;
  /// Members that identify an item for server-side apply; none: the list is owned as a whole.
  std::vector<const char*> apply_keys;
  /// A list of plain values that merges as a set.
  bool set = false;
};

/// The rule of the list `name`, a member of an object that is itself `within` (the member that
/// holds it, through lists: "containers", "spec", "metadata"), in an object of that kind.
const ListRule& list_rule(std::string_view kind, std::string_view within, std::string_view name);

}  // namespace ostler::lab
