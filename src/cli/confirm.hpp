#pragma once

#include "context.hpp"

#include "ostler/config/environment.hpp"

#include <string>

namespace ostler {

struct Question {
  std::string environment;
  Protection protection = Protection::strict;
  std::string digest;  ///< of the plan; "sha256:..."
  std::string what;    ///< a sentence: what is about to change
};

/// What is asked for: nothing, y/N, or the typed name; answered by --yes, --confirm or a person. A
/// failure has the code "usage" when there is no answer, "stale" when --confirm names another plan,
/// and is `cancelled` after an interrupt.
Result<void> confirm(Context& context, const Question& question);

/// Whether `given` ("prod" or "prod:3f9a2c") confirms this question. Pure.
Result<void> check_confirmation(const std::string& given, const Question& question);

}  // namespace ostler
