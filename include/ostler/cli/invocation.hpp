#pragma once

#include "ostler/base/clock.hpp"
#include "ostler/base/result.hpp"
#include "ostler/config/release.hpp"
#include "ostler/lab/lab.hpp"
#include "ostler/view/style.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ostler {

enum class Command {
  none,
  check,
  preflight,
  plan,
  show,
  apply,
  promote,
  migrate,
  shift,
  hold,
  resume,
  abort,
  rollback,
  rehearse,
  status,
  history,
  log,
  why,
  lab,
  kinds,
  help,
  version,
};

enum class Output { text, json, json_lines };
enum class Progress { automatic, terminal, plain, none };

/// What a command line asks for, as plain data. Nothing here has been looked at beyond its own
/// form.
struct Invocation {
  Command command = Command::none;
  std::vector<std::string> arguments;
  bool help = false;

  // global flags
  std::string directory;
  bool quiet = false;
  int verbosity = 0;
  ColourChoice colour = ColourChoice::automatic;
  Progress progress = Progress::automatic;
  Milliseconds progress_interval{30000};
  bool calm = false;
  Output output = Output::text;
  std::vector<std::string> json_into;
  bool no_input = false, yes = false;
  std::string confirm;  ///< ENV or ENV:DIGEST
  bool read_only = false, no_pager = false;
  Zone zone = Zone::local;

  // changing commands
  bool dry_run = false, fast = false;
  std::string reason, pause_before;
  std::optional<OnFailure> on_failure;

  // single commands
  std::string environment;              ///< check --env
  std::vector<std::string> only, skip;  ///< preflight
  Milliseconds wait{0};
  std::string out;  ///< plan, rehearse
  bool detailed_exit_code = false;
  Milliseconds expires{4 * 3600 * 1000};
  bool steps = false, undo = false;  ///< show
  std::string porcelain;             ///< status
  std::size_t limit = 20;            ///< history
  std::string since;
  std::string step;  ///< log
  bool follow = false;
  lab::LabOptions lab;
  std::string scenario;       ///< lab: a file
  std::string place = "lab";  ///< rehearse

  std::string argument(std::size_t index) const {
    return index < arguments.size() ? arguments[index] : std::string();
  }
};

/// A reading of argv: `problem` is the usage error, when there is one. `invocation.output` and
/// `json_into` are right even then, so that a machine that asked for JSON gets its result.
struct Parsed {
  Invocation invocation;
  std::optional<Failure> problem;
};

/// Reads argv (without the program's name) and the OSTLER_* variables that stand for flags.
Parsed parse(const std::vector<std::string>& arguments, const Variables& variables);

}  // namespace ostler
