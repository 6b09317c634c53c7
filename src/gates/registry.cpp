// The list of indicator kinds: one line per kind in kinds.def.
#include "ostler/model/kind.hpp"

namespace ostler {

#define KIND(name) extern const IndicatorKind name##_indicator;
#include "kinds.def"
#undef KIND

const std::vector<const IndicatorKind*>& indicator_kinds() {
  static const std::vector<const IndicatorKind*> kinds{
#define KIND(name) &name##_indicator,
#include "kinds.def"
#undef KIND
  };
  return kinds;
}

}  // namespace ostler
