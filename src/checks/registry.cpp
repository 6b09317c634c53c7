// The list of check kinds: one line per kind in kinds.def, in the order in which they are shown.
#include "ostler/model/kind.hpp"

namespace ostler {

#define KIND(name) extern const CheckKind name##_check;
#include "kinds.def"
#undef KIND

const std::vector<const CheckKind*>& check_kinds() {
  static const std::vector<const CheckKind*> kinds{
#define KIND(name) &name##_check,
#include "kinds.def"
#undef KIND
  };
  return kinds;
}

}  // namespace ostler
