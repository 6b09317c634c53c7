#pragma once

#include "ostler/cli/invocation.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ostler {

/// One flag: read by parse.cpp, shown by help.cpp, compared with the manual page by a test.
struct Flag {
  const char* long_name;   ///< "--progress-interval"
  const char* short_name;  ///< "-q", or ""
  const char* value;       ///< "DUR"; "" when it takes none
  const char*
      variable;       ///< "OSTLER_PROGRESS_INTERVAL", or "" when a variable must not stand for it
  const char* text;   ///< for help, one line
  unsigned commands;  ///< bits of the commands that take it; 0: global
  /// Puts the value in; the answer is what is wrong with it.
  std::optional<std::string> (*set)(Invocation& invocation, const std::string& value);

  bool belongs_to(Command command) const {
    return commands == 0 || (commands >> static_cast<unsigned>(command) & 1u) != 0;
  }
  bool takes_value() const { return value[0] != '\0'; }
};

const std::vector<Flag>& flags();
/// The flag of that long or short name, preferring one that `command` takes.
const Flag* find_flag(std::string_view name, Command command);

enum class Effect { looks, changes };

/// One command, as help, parse and the manual page test see it.
struct CommandSpec {
  Command command;
  const char* name;
  const char* group;
  const char* synopsis;  ///< its arguments: "ENV [RELEASE_FILE]"
  const char* summary;
  std::size_t least, most;  ///< number of arguments
  Effect effect;
  const char* examples;  ///< lines "command | what it does"
};

const std::vector<CommandSpec>& command_specs();
const CommandSpec* find_command(std::string_view name);
const CommandSpec& spec_of(Command command);

/// `ostler --help`, `ostler help COMMAND`, `ostler help flags`, `ostler help exit-codes`. Nothing
/// for an unknown topic.
std::optional<std::string> help_text(std::string_view topic, const Style& style);

}  // namespace ostler
