// Runs helper programs: no shell, a small environment, a process group of their own that dies with
// the time limit.
#include "ostler/transport/process.hpp"

#include "ostler/base/text.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace ostler {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      close();
      number_ = std::exchange(other.number_, -1);
    }
    return *this;
  }
  int number() const { return number_; }
  bool open() const { return number_ >= 0; }
  void close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }

 private:
  int number_;
};

struct ChildPipe {
  Descriptor reading, writing;
};

std::optional<ChildPipe> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  return ChildPipe{Descriptor{ends[0]}, Descriptor{ends[1]}};
}

Failure failure(const ProcessRequest& request, FailureKind kind, std::string_view why) {
  return {kind, fmt::format("the program '{}' {}", sanitize(request.arguments.front()), why), "",
          ""};
}

/// PATH, HOME and LANG of our own, then what the request names.
std::vector<std::string> environment_of(const ProcessRequest& request) {
  std::vector<std::string> result;
  for (const char* name : {"PATH", "HOME", "LANG"})
    if (const char* value = std::getenv(name)) result.push_back(std::string{name} + "=" + value);
  for (const auto& [name, value] : request.environment) result.push_back(name + "=" + value);
  return result;
}

/// The program as execve wants it, looked for through PATH here: between fork and exec only
/// async-signal-safe calls are allowed, and execvpe is not one.
std::optional<std::string> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");
  for (const std::string& folder : split(path != nullptr ? path : "/usr/bin:/bin", ':')) {
    // An empty entry would mean the current folder, where anybody may have put a program.
    if (folder.empty()) continue;
    std::string candidate = folder + "/" + name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

struct Child {
  pid_t pid = -1;
  Descriptor input, output, errors;
};

/// What runs between fork and exec. `trouble` carries errno to the parent when exec fails; it
/// closes when exec succeeds.
[[noreturn]] void become(const char* program, char* const* arguments, char* const* environment,
                         int input, int output, int errors, int trouble) {
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  const bool wired = dup2(input, 0) >= 0 && dup2(output, 1) >= 0 && dup2(errors, 2) >= 0;
  if (wired) execve(program, arguments, environment);
  const int code = errno;
  (void)!write(trouble, &code, sizeof code);
  _exit(127);
}

Result<Child> start(const ProcessRequest& request) {
  const std::optional<std::string> program = find_program(request.arguments.front());
  if (!program) return failure(request, FailureKind::permanent, "is not found through PATH");
  auto input = make_pipe(), output = make_pipe(), errors = make_pipe(), trouble = make_pipe();
  if (!input || !output || !errors || !trouble)
    return failure(request, FailureKind::transient, "could not be started: no pipe");
  std::vector<std::string> words = request.arguments, settings = environment_of(request);
  const std::vector<char*> arguments = pointers(words), environment = pointers(settings);
  Child child;
  child.pid = fork();
  if (child.pid < 0)
    return failure(request, FailureKind::transient,
                   fmt::format("could not be started: {}", std::strerror(errno)));
  if (child.pid == 0)
    become(program->c_str(), arguments.data(), environment.data(), input->reading.number(),
           output->writing.number(), errors->writing.number(), trouble->writing.number());
  setpgid(child.pid, child.pid);
  trouble->writing.close();
  int code = 0;
  if (read(trouble->reading.number(), &code, sizeof code) == static_cast<ssize_t>(sizeof code)) {
    waitpid(child.pid, nullptr, 0);
    return failure(request, FailureKind::permanent,
                   fmt::format("could not be started: {}", std::strerror(code)));
  }
  child.input = std::move(input->writing);
  child.output = std::move(output->reading);
  child.errors = std::move(errors->reading);
  for (const Descriptor* end : {&child.input, &child.output, &child.errors})
    fcntl(end->number(), F_SETFL, O_NONBLOCK);
  return child;
}

/// The whole group goes, so that no grandchild keeps the pipes open; then the child is reaped.
int kill_and_reap(pid_t pid) {
  kill(-pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

/// Takes what is there; closes the descriptor at its end. False when `text` would grow over
/// `limit`.
bool drain(Descriptor& from, std::string& text, std::size_t limit) {
  std::array<char, 16384> piece{};
  for (;;) {
    const ssize_t count = read(from.number(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return true;
    if (count <= 0) {
      from.close();
      return true;
    }
    if (text.size() + static_cast<std::size_t>(count) > limit) return false;
    text.append(piece.data(), static_cast<std::size_t>(count));
  }
}

void feed(Descriptor& to, std::string_view& left) {
  while (!left.empty()) {
    const ssize_t count = write(to.number(), left.data(), left.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) break;  // the program does not want its input; its exit code will tell
    left.remove_prefix(static_cast<std::size_t>(count));
  }
  to.close();
}

class SystemProcessRunner final : public ProcessRunner {
 public:
  Result<ProcessResult> run(const ProcessRequest& request) override {
    if (request.arguments.empty() || request.arguments.front().empty())
      return Failure{FailureKind::permanent, "no program to run is named", "", ""};
    // A closed pipe must show as EPIPE in write, not end the program.
    struct sigaction present {};
    sigaction(SIGPIPE, nullptr, &present);
    if (present.sa_handler == SIG_DFL) signal(SIGPIPE, SIG_IGN);
    OSTLER_TRY(Child child, start(request));
    return converse(request, child);
  }

 private:
  static Result<ProcessResult> converse(const ProcessRequest& request, Child& child) {
    const std::unique_ptr<Clock> clock = make_system_clock();
    const BootTime deadline = clock->boot() + request.timeout;
    ProcessResult result;
    std::string_view input = request.input;
    feed(child.input, input);
    while (child.output.open() || child.errors.open()) {
      const auto left = std::chrono::duration_cast<Milliseconds>(deadline - clock->boot());
      std::array<pollfd, 3> waits{{{child.output.number(), POLLIN, 0},
                                   {child.errors.number(), POLLIN, 0},
                                   {child.input.number(), POLLOUT, 0}}};
      if (left.count() > 0) poll(waits.data(), waits.size(), static_cast<int>(left.count()) + 1);
      const bool fits =
          (!child.output.open() || drain(child.output, result.output, request.max_output)) &&
          (!child.errors.open() || drain(child.errors, result.errors, request.max_output));
      if (child.input.open()) feed(child.input, input);
      const bool late = clock->boot() >= deadline && (child.output.open() || child.errors.open());
      if (fits && !late) continue;
      kill_and_reap(child.pid);
      if (!fits)
        return failure(request, FailureKind::permanent,
                       fmt::format("printed more than {}", format_bytes(request.max_output)));
      return late_failure(request);
    }
    return reap(request, child, deadline, *clock, std::move(result));
  }

  static Failure late_failure(const ProcessRequest& request) {
    return failure(
        request, FailureKind::timeout,
        fmt::format("was ended: it took longer than {}", format_duration(request.timeout)));
  }

  /// Its output is closed; it may still be running.
  static Result<ProcessResult> reap(const ProcessRequest& request, Child& child, BootTime deadline,
                                    Clock& clock, ProcessResult result) {
    int status = 0;
    Milliseconds pause{1};
    for (;;) {
      const pid_t ended = waitpid(child.pid, &status, WNOHANG);
      if (ended == child.pid) break;
      if (ended < 0 && errno != EINTR)
        return failure(request, FailureKind::unknown, "ended, and its exit code went elsewhere");
      if (clock.boot() >= deadline) {
        kill_and_reap(child.pid);
        return late_failure(request);
      }
      clock.sleep_for(pause, Cancellation{});
      pause = std::min(pause * 2, Milliseconds{50});
    }
    // Whatever it left running in its group is not wanted either.
    kill(-child.pid, SIGKILL);
    result.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return result;
  }
};

}  // namespace

std::unique_ptr<ProcessRunner> make_process_runner() {
  return std::make_unique<SystemProcessRunner>();
}

}  // namespace ostler
