// From argv to an exit code: the one return path.
#include "ostler/cli/command_line.hpp"

#include "context.hpp"

#include "ostler/base/text.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace ostler {
namespace {

std::optional<std::string> variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

CommandEnd dispatch(Context& context) {
  switch (context.invocation.command) {
    case Command::check:
      return run_check(context);
    case Command::preflight:
      return run_preflight(context);
    case Command::plan:
      return run_plan(context);
    case Command::show:
      return run_show(context);
    case Command::apply:
      return run_apply(context);
    case Command::promote:
    case Command::migrate:
    case Command::shift:
      return run_phase(context);
    case Command::hold:
      return run_hold(context);
    case Command::resume:
      return run_resume(context);
    case Command::abort:
      return run_abort(context);
    case Command::rollback:
      return run_rollback(context);
    case Command::rehearse:
      return run_rehearse(context);
    case Command::status:
      return run_status(context);
    case Command::history:
      return run_history(context);
    case Command::log:
      return run_log(context);
    case Command::why:
      return run_why(context);
    case Command::lab:
      return run_lab(context);
    case Command::kinds:
      return run_kinds(context);
    case Command::version:
      return run_version(context);
    case Command::none:
    case Command::help:
      return run_help(context);
  }
  return run_help(context);
}

Failure usage(std::string message, std::string hint) {
  return {FailureKind::refused, std::move(message), std::move(hint), "usage"};
}

CommandEnd run(Context& context, const std::optional<Failure>& problem) {
  const Invocation& invocation = context.invocation;
  if (const Result<void> opened = context.console.open_targets(); !opened)
    return failed(opened.failure());
  if (problem) return failed(*problem);
  if (invocation.help) {
    CommandEnd end;
    const std::string text =
        *help_text(invocation.command == Command::none ? "" : spec_of(invocation.command).name,
                   context.console.style());
    context.console.print(text);
    end.document = {{"help", text}};
    return end;
  }
  const CommandSpec& spec = spec_of(invocation.command);
  if (invocation.read_only && spec.effect == Effect::changes && !invocation.dry_run)
    return failed(
        usage(fmt::format("'{}' changes something, and this is read-only mode", spec.name),
              "Leave out --read-only or unset OSTLER_READONLY, or use --dry-run."));
  if (!invocation.directory.empty() && chdir(invocation.directory.c_str()) != 0)
    return failed(usage(fmt::format("--directory: cannot enter {}: {}",
                                    sanitize(invocation.directory), std::strerror(errno)),
                        "Name a folder that exists."));
  return dispatch(context);
}

// What looks like a failed look is the user's own interrupt when one came.
CommandEnd after_signal(CommandEnd end, int signal) {
  const int code = static_cast<int>(end.code);
  const bool before_change = code == 1 || code == 4 || (code >= 10 && code < 20) || code == 130;
  if (signal == 0 || !before_change) return end;
  end.code = signal == SIGINT ? ExitCode::interrupted : ExitCode::terminated;
  end.outcome = "interrupted";
  return end;
}

}  // namespace

int run_command_line(int argc, char** argv) {
  protect_process();
  const std::unique_ptr<Clock> clock = make_system_clock();
  Signals signals;
  const Variables variables = variable;
  const Parsed parsed =
      parse(std::vector<std::string>(argv + std::min(argc, 1), argv + argc), variables);
  Console console(parsed.invocation, variables, *clock, signals);
  Context context{parsed.invocation, variables, console, *clock, signals};
  CommandEnd end;
  try {
    end = run(context, parsed.problem);
  } catch (const std::exception& error) {
    // A bug of ours. What was intended is in the journal; resume starts from there.
    const std::string& events = console.events_path();
    end =
        failed({FailureKind::unknown, fmt::format("internal error: {}", sanitize(error.what())),
                events.empty()
                    ? "Nothing was changed. Please report this."
                    : fmt::format("The run's journal lies beside {}; ostler resume starts from it.",
                                  events),
                "internal"});
    end.world.clear();
  }
  end = after_signal(std::move(end), signals.received());
  console.finish(end);
  return static_cast<int>(end.code);
}

}  // namespace ostler
