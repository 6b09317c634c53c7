// ostler lab: the simulated platform, until Ctrl-C or the end of a command run inside it.
#include "ostler/lab/lab.hpp"

#include "session.hpp"

#include "ostler/base/file_handle.hpp"
#include "ostler/base/text.hpp"

#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

extern char** environ;

namespace ostler {
namespace {

void wait_for_stop(const Signals& signals) {
  pollfd stop{signals.stop().descriptor(), POLLIN, 0};
  while (!signals.stop().requested())
    if (poll(&stop, 1, -1) < 0 && errno != EINTR) return;
}

std::vector<std::string> surroundings(const lab::Lab& running) {
  std::vector<std::string> result;
  const auto variables = running.variables();
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::string name = text.substr(0, text.find('='));
    const bool ours = std::any_of(variables.begin(), variables.end(),
                                  [&name](const auto& pair) { return pair.first == name; });
    if (!ours) result.push_back(text);
  }
  for (const auto& [name, value] : variables) result.push_back(name + "=" + value);
  return result;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// What the terminal and a broken pipe do to the command is as if a shell had started it.
class PlainSignals {
 public:
  PlainSignals() {
    posix_spawnattr_init(&attributes_);
    sigset_t plain;
    sigemptyset(&plain);
    for (const int signal : {SIGINT, SIGPIPE}) sigaddset(&plain, signal);
    posix_spawnattr_setsigdefault(&attributes_, &plain);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF);
  }
  ~PlainSignals() { posix_spawnattr_destroy(&attributes_); }
  PlainSignals(const PlainSignals&) = delete;
  PlainSignals& operator=(const PlainSignals&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

/// Waits for the command's end. A request to stop is passed on to it, a wish to leave kills it.
int await_command(pid_t child, const Signals& signals) {
  const FileHandle end(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  bool told = false;
  while (end.get() >= 0) {
    const Cancellation& wish = told ? signals.abandon() : signals.stop();
    std::array<pollfd, 2> events{{{end.get(), POLLIN, 0}, {wish.descriptor(), POLLIN, 0}}};
    if (poll(events.data(), events.size(), -1) < 0 && errno != EINTR) break;
    if ((events[0].revents & POLLIN) != 0) break;
    if (!wish.requested()) continue;
    kill(child, told ? SIGKILL : signals.received());
    if (told) break;
    told = true;
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// Runs the command in the foreground; an interrupt at the terminal is its affair alone. Gives its
/// exit code, 128 + signal when one ended it.
Result<int> run_inside(const lab::Lab& running, std::vector<std::string> command,
                       Signals& signals) {
  std::vector<std::string> environment = surroundings(running);
  const std::vector<char*> arguments = pointers_to(command);
  const std::vector<char*> variables = pointers_to(environment);
  signals.leave_interrupts_alone();
  pid_t child = 0;
  const int failed_with = posix_spawnp(&child, command.front().c_str(), nullptr,
                                       PlainSignals().get(), arguments.data(), variables.data());
  if (failed_with != 0)
    return Failure{
        FailureKind::refused,
        fmt::format("cannot start '{}': {}", sanitize(command.front()), std::strerror(failed_with)),
        "Name a program in the PATH after --.", "usage"};
  return await_command(child, signals);
}

std::string welcome(const lab::Lab& running, const Style& style) {
  std::string text = style.paint(Colour::bold, "The lab is up.") + "\n";
  for (const auto& [name, address] : running.places())
    text += fmt::format("  {:<14} {}\n", name, address);
  text += "\n" + style.paint(Colour::bold, "Try, in another terminal") + "\n";
  text += fmt::format("  cd {} && . ./env\n", shell_quoted(running.folder()));
  text += "  ostler apply environment.yaml release-2/release.yaml\n";
  text += "  ostler apply environment.yaml release-3/release.yaml\n";
  return text + "\nCtrl-C ends the lab and removes what it made.\n";
}

Json document_of(const lab::Lab& running) {
  Json places = Json::object();
  for (const auto& [name, address] : running.places()) places[name] = address;
  return {{"folder", running.folder()}, {"places", places}, {"shopping", running.shopping()}};
}

std::string shopping_line(const Json& shopping) {
  return fmt::format("Shoppers made {} requests; {} failed, {} orders were lost.",
                     number_at(shopping, "/requests"), number_at(shopping, "/failed"),
                     number_at(shopping, "/lost"));
}

CommandEnd run_until_stop(Context& context) {
  const Invocation& invocation = context.invocation;
  lab::LabOptions options = invocation.lab;
  options.stop = context.signals.stop();
  if (!invocation.scenario.empty()) {
    Result<Scenario> scenario = load_scenario(context, invocation.scenario);
    if (!scenario) return failed(scenario.failure());
    options.scenario = std::move(*scenario);
  }
  auto started = lab::Lab::start(
      options, [&context](const std::string& line) { context.console.note(line + "\n"); });
  if (!started) return failed(started.failure());
  const lab::Lab& running = **started;
  CommandEnd end;
  end.outcome = "ok";
  if (invocation.arguments.empty()) {
    context.console.print(welcome(running, context.console.style()));
    wait_for_stop(context.signals);
  } else {
    const Result<int> code = run_inside(running, invocation.arguments, context.signals);
    if (!code) return failed(code.failure());
    end.code = static_cast<ExitCode>(*code);
    if (*code != 0) end.outcome = "command_failed";
  }
  end.document = document_of(running);
  context.console.note(shopping_line(end.document["shopping"]) + "\n");
  return end;
}

}  // namespace

CommandEnd run_lab(Context& context) {
  // Until everything is taken down again, the first interrupt only asks for that.
  context.signals.begin_run();
  CommandEnd end = run_until_stop(context);
  context.signals.end_run();
  return end;
}

}  // namespace ostler
