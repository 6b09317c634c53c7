#pragma once

#include "ostler/base/result.hpp"
#include "ostler/engine/executor.hpp"
#include "ostler/engine/run_state.hpp"
#include "ostler/model/check.hpp"

#include <string_view>
#include <vector>

namespace ostler {

/// How `ostler` tells other programs what happened (manual: ostler-exit-codes(7)). 10 to 19:
/// nothing was changed, safe to run again. 20 to 29: something was changed. A number, once given,
/// never means anything else.
enum class ExitCode {
  ok = 0,
  failed = 1,
  usage = 2,
  invalid = 3,
  credentials = 4,
  blocked = 10,
  locked = 12,
  stale = 13,
  unreachable = 14,
  rolled_back = 20,
  stuck = 21,
  held = 22,
  running = 23,
  changes = 30,
  interrupted = 130,
  terminated = 143,
};

struct ExitCodeMeaning {
  ExitCode code;
  const char* name;     ///< the word in `outcome` of JSON output
  const char* meaning;  ///< one line
};

/// All codes, rising.
const std::vector<ExitCodeMeaning>& exit_codes();
std::string_view name_of(ExitCode code);

/// Whether the run's journal holds an intent: the line between "nothing was changed" and "something
/// was changed".
enum class Changed { no, yes };

/// For an executor's end. `asked` says whether going back is what the user asked for: then a
/// verified undo is success.
enum class Asked { forward, back };
ExitCode exit_code_of(const RunEnd& end, Asked asked, Changed changed, int signal);

/// For a run as its journal tells it, when this process did not run it.
ExitCode exit_code_of(const RunState& state);

/// For a failure before the first change, while talking to a system.
ExitCode exit_code_of(const Failure& failure);

/// For what the checks found: a failure blocks. When none failed, a look that was not possible
/// since a system refused the credentials is "credentials", one since it did not answer
/// "unreachable", and any other inconclusive finding (an indicator
/// without samples) blocks.
ExitCode exit_code_of(const std::vector<Finding>& findings);

}  // namespace ostler
