#pragma once

#include <string_view>

namespace ostler {

/// Bugs that the simulation plants to see whether it finds them. Only its own build of the engine
/// knows them (OSTLER_PLANTS); everywhere else the answer is no when compiling.
#ifdef OSTLER_PLANTS
bool planted(std::string_view bug);
#else
constexpr bool planted(std::string_view) {
  return false;
}
#endif

}  // namespace ostler
