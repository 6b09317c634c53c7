// Turns argv into an Invocation. The only file that knows CLI11.
#include "flags.hpp"

#include "ostler/base/text.hpp"

#include <CLI/CLI.hpp>

namespace ostler {
namespace {

Failure usage(std::string message, std::string hint) {
  return {FailureKind::refused, std::move(message), std::move(hint), "usage"};
}

std::string help_hint(Command command) {
  if (command == Command::none) return "Type ostler --help for the commands.";
  return fmt::format("Type ostler help {} for its flags.", spec_of(command).name);
}

std::string did_you_mean(const std::optional<std::string>& near, const std::string& otherwise) {
  return near ? fmt::format("Did you mean '{}'?", *near) : otherwise;
}

Failure unknown_command(const std::string& typed) {
  std::vector<std::string> names;
  for (const CommandSpec& spec : command_specs()) names.emplace_back(spec.name);
  return usage(fmt::format("unknown command '{}'", sanitize(typed)),
               did_you_mean(nearest(typed, names), help_hint(Command::none)));
}

Failure unknown_flag(const std::string& typed, Command command) {
  std::vector<std::string> names;
  for (const Flag& flag : flags())
    if (flag.belongs_to(command) || command == Command::none) names.emplace_back(flag.long_name);
  // "-json" is a long flag with a dash too few.
  const bool single = typed.size() > 2 && typed[1] != '-';
  auto near = nearest(single ? "-" + typed : typed, names);
  return usage(fmt::format("unknown flag '{}'", sanitize(typed)),
               did_you_mean(near, help_hint(command)));
}

Failure misplaced_flag(const Flag& flag, Command command) {
  std::vector<std::string> takers;
  for (const CommandSpec& spec : command_specs())
    if (flag.belongs_to(spec.command)) takers.emplace_back(spec.name);
  return usage(fmt::format("'{}' does not take {}", spec_of(command).name, flag.long_name),
               fmt::format("It belongs to: {}.", join(takers, ", ")));
}

// What a first walk over argv finds: the command, and the first mistake. It exists because CLI11
// answers a mistyped command with "A subcommand is required" and names no near flag.
struct Walk {
  Command command = Command::none;
  std::size_t position = 0;  ///< of the command in argv
  std::vector<std::pair<const Flag*, std::string>> found;
  std::optional<Failure> problem;
};

void walk_flag(Walk& walk, const std::string& token, const std::vector<std::string>& arguments,
               std::size_t& at) {
  const auto missing = [&](const Flag& flag) {
    walk.problem = usage(fmt::format("{} needs {}", flag.long_name, flag.value),
                         fmt::format("{}: {}.", flag.long_name, flag.text));
  };
  if (token.starts_with("--")) {
    const std::size_t equals = token.find('=');
    const Flag* flag = find_flag(token.substr(0, equals), walk.command);
    if (flag == nullptr) {
      walk.problem = unknown_flag(token.substr(0, equals), walk.command);
    } else if (!flag->takes_value()) {
      if (equals != std::string::npos)
        walk.problem =
            usage(fmt::format("{} takes no value", flag->long_name), help_hint(walk.command));
      walk.found.emplace_back(flag, "");
    } else if (equals != std::string::npos) {
      walk.found.emplace_back(flag, token.substr(equals + 1));
    } else if (at + 1 < arguments.size()) {
      walk.found.emplace_back(flag, arguments[++at]);
    } else {
      missing(*flag);
    }
    return;
  }
  for (std::size_t letter = 1; letter < token.size(); ++letter) {
    const Flag* flag = find_flag(std::string("-") + token[letter], walk.command);
    if (flag == nullptr) {
      walk.problem = unknown_flag(token, walk.command);
      return;
    }
    if (!flag->takes_value()) {
      walk.found.emplace_back(flag, "");
      continue;
    }
    if (letter + 1 < token.size())
      walk.found.emplace_back(flag, token.substr(letter + 1));
    else if (at + 1 < arguments.size())
      walk.found.emplace_back(flag, arguments[++at]);
    else
      missing(*flag);
    return;
  }
}

Walk walk_arguments(const std::vector<std::string>& arguments) {
  Walk walk;
  for (std::size_t at = 0; at < arguments.size() && !walk.problem; ++at) {
    const std::string& token = arguments[at];
    if (token == "--") break;
    if (token.size() > 1 && token[0] == '-') {
      if (token == "--version") {
        walk.command = Command::version;
        continue;
      }
      walk_flag(walk, token, arguments, at);
    } else if (walk.command == Command::none) {
      const CommandSpec* spec = find_command(token);
      if (spec == nullptr) {
        walk.problem = unknown_command(token);
      } else {
        walk.command = spec->command;
        walk.position = at;
      }
    }
  }
  for (const auto& [flag, value] : walk.found)
    if (!walk.problem && walk.command != Command::none && !flag->belongs_to(walk.command))
      walk.problem = misplaced_flag(*flag, walk.command);
  return walk;
}

// How a machine wants its answer must be known even when the rest of the line is wrong.
void salvage_output(const std::vector<std::string>& arguments, Invocation& invocation) {
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    const std::string& token = arguments[at];
    const std::string next = at + 1 < arguments.size() ? arguments[at + 1] : "";
    const auto value = [&](std::string_view name) -> std::optional<std::string> {
      if (token == name) return next;
      if (token.starts_with(std::string(name) + "=")) return token.substr(name.size() + 1);
      return std::nullopt;
    };
    if (token == "--") return;
    if (token == "--json") invocation.output = Output::json;
    for (const char* name : {"-o", "--output"})
      if (const auto format = value(name))
        invocation.output = *format == "json"    ? Output::json
                            : *format == "jsonl" ? Output::json_lines
                                                 : invocation.output;
    if (const auto target = value("--json-into"); target && !target->empty())
      invocation.json_into.push_back(*target);
  }
}

void apply_variables(const Variables& variables, Invocation& invocation,
                     std::optional<Failure>& problem) {
  for (const Flag& flag : flags()) {
    if (flag.variable[0] == '\0') continue;
    const auto value = variables(flag.variable);
    if (!value || value->empty()) continue;
    if (!flag.takes_value() && (*value == "0" || *value == "false")) continue;
    if (const auto wrong = flag.set(invocation, *value); wrong && !problem)
      problem =
          usage(fmt::format("{}: '{}' is not usable, {}", flag.variable, sanitize(*value), *wrong),
                "Correct or unset the variable.");
  }
}

void add_flags(CLI::App& app, Command command, Invocation& invocation,
               std::optional<Failure>& problem) {
  for (const Flag& flag : flags()) {
    const bool wanted = command == Command::none ? flag.commands == 0
                                                 : flag.commands != 0 && flag.belongs_to(command);
    if (!wanted) continue;
    const std::string names = flag.short_name[0] != '\0'
                                  ? fmt::format("{},{}", flag.short_name, flag.long_name)
                                  : std::string(flag.long_name);
    const auto put = [&invocation, &problem, &flag](const std::string& value) {
      if (const auto wrong = flag.set(invocation, value); wrong && !problem)
        problem = usage(
            fmt::format("{}: '{}' is not usable, {}", flag.long_name, sanitize(value), *wrong),
            help_hint(invocation.command));
    };
    if (flag.takes_value())
      app.add_option_function<std::vector<std::string>>(
             names,
             [put](const std::vector<std::string>& values) {
               for (const std::string& value : values) put(value);
             })
          ->allow_extra_args(false)
          ->trigger_on_parse();
    else
      app.add_flag_function(names, [put](std::int64_t count) {
        for (std::int64_t time = 0; time < count; ++time) put("");
      });
  }
}

void read_with_library(const std::vector<std::string>& arguments, Invocation& invocation,
                       std::optional<Failure>& problem) {
  CLI::App app;
  app.set_help_flag("");
  app.allow_windows_style_options(false);
  app.fallthrough();
  app.require_subcommand(0, 1);
  bool version = false;
  app.add_flag("--version", version);
  add_flags(app, Command::none, invocation, problem);
  for (const CommandSpec& spec : command_specs()) {
    CLI::App* sub = app.add_subcommand(spec.name);
    sub->set_help_flag("");
    sub->fallthrough();
    add_flags(*sub, spec.command, invocation, problem);
    sub->add_option("arguments", invocation.arguments);
  }
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    if (!problem) problem = usage(sanitize(error.what()), help_hint(invocation.command));
  }
}

std::optional<Failure> check_arguments(const Invocation& invocation) {
  const CommandSpec& spec = spec_of(invocation.command);
  const std::string hint = fmt::format("Usage: ostler {} {}", spec.name, spec.synopsis);
  if (invocation.arguments.size() < spec.least) {
    const auto wanted = split(spec.synopsis, ' ');
    return usage(fmt::format("'{}' needs {}", spec.name,
                             spec.command == Command::apply ? "a plan file or an environment"
                                                            : wanted.front()),
                 hint);
  }
  if (invocation.arguments.size() > spec.most)
    return usage(fmt::format("'{}' has one argument too many: '{}'", spec.name,
                             sanitize(invocation.arguments[spec.most])),
                 hint);
  for (const std::string& argument : invocation.arguments)
    if (argument.empty())
      return usage(fmt::format("'{}' was given an empty argument", spec.name), hint);
  return std::nullopt;
}

}  // namespace

Parsed parse(const std::vector<std::string>& arguments, const Variables& variables) {
  Parsed parsed;
  Invocation& invocation = parsed.invocation;
  const Walk walk = walk_arguments(arguments);
  invocation.command = walk.command;
  apply_variables(variables, invocation, parsed.problem);
  if (walk.problem) {
    parsed.problem = walk.problem;
    salvage_output(arguments, invocation);
    return parsed;
  }
  // A command's own flags may stand before it as well; the library wants them behind.
  std::vector<std::string> ordered = arguments;
  if (walk.position > 0)
    std::rotate(ordered.begin(), ordered.begin() + static_cast<std::ptrdiff_t>(walk.position),
                ordered.begin() + static_cast<std::ptrdiff_t>(walk.position) + 1);
  read_with_library(ordered, invocation, parsed.problem);
  if (parsed.problem || invocation.help) return parsed;
  if (invocation.command == Command::none) {
    if (!arguments.empty())
      parsed.problem = usage("a command is missing", help_hint(Command::none));
    return parsed;
  }
  parsed.problem = check_arguments(invocation);
  if (!parsed.problem && !invocation.skip.empty() && invocation.reason.empty())
    parsed.problem =
        usage("--skip needs --reason", "Say why the checks are left out: --reason TEXT.");
  return parsed;
}

}  // namespace ostler
