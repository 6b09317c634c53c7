// The list of step kinds: one line per kind in kinds.def, in the order in which a release uses
// them.
#include "ostler/model/kind.hpp"

namespace ostler {

#define KIND(name) extern const StepKind name##_step;
#include "kinds.def"
#undef KIND

const std::vector<const StepKind*>& step_kinds() {
  static const std::vector<const StepKind*> kinds{
#define KIND(name) &name##_step,
#include "kinds.def"
#undef KIND
  };
  return kinds;
}

const StepKind* find_step_kind(std::string_view name) {
  for (const StepKind* kind : step_kinds())
    if (kind->name == name) return kind;
  return nullptr;
}

}  // namespace ostler
