// Where the contract tests find the real systems: the variables that tests/stack/enter loads.
#pragma once

#include "ostler/base/clock.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <string>

namespace ostler {

inline std::string stack_variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// True inside the stack's network; elsewhere says that the real half of the test is left out.
inline bool on_stack() {
  if (!stack_variable("OSTLER_STACK_DIR").empty()) return true;
  WARN("the real system is left out: run this inside tests/stack/enter");
  return false;
}

/// Looks until `look` gives true or 20 seconds have passed: real controllers and proxies take their
/// time.
template <typename Look>
bool eventually(Clock& clock, Look look) {
  const BootTime deadline = clock.boot() + Milliseconds{20'000};
  while (!look()) {
    if (clock.boot() >= deadline) return false;
    clock.sleep_for(Milliseconds{200}, Cancellation{});
  }
  return true;
}

}  // namespace ostler
