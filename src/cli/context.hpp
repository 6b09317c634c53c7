#pragma once

#include "console.hpp"
#include "flags.hpp"

namespace ostler {

/// What every command is given.
struct Context {
  const Invocation& invocation;
  const Variables& variables;
  Console& console;
  Clock& clock;
  Signals& signals;
};

// One function per command, each in a file of its name.
CommandEnd run_check(Context& context);
CommandEnd run_preflight(Context& context);
CommandEnd run_plan(Context& context);
CommandEnd run_show(Context& context);
CommandEnd run_apply(Context& context);
CommandEnd run_phase(Context& context);  ///< promote, migrate, shift
CommandEnd run_hold(Context& context);
CommandEnd run_resume(Context& context);
CommandEnd run_abort(Context& context);
CommandEnd run_rollback(Context& context);
CommandEnd run_rehearse(Context& context);
CommandEnd run_status(Context& context);
CommandEnd run_history(Context& context);
CommandEnd run_log(Context& context);
CommandEnd run_why(Context& context);
CommandEnd run_lab(Context& context);
CommandEnd run_kinds(Context& context);
CommandEnd run_help(Context& context);
CommandEnd run_version(Context& context);

}  // namespace ostler
