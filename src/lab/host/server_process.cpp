// Starts servers as processes of our own that cannot outlive us.
#include "lab/host/server_process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

namespace ostler::lab {
namespace {

constexpr std::chrono::milliseconds look_interval{5};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

/// Between fork and exec only what is safe after a fork of a program with threads: system calls.
[[noreturn]] void become(const ServerStart& start, char* const* arguments, char* const* environment,
                         int log, pid_t parent, int trouble) {
  const auto give_up = [trouble] {
    const int error = errno;
    (void)!write(trouble, &error, sizeof error);
    _exit(127);
  };
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // A terminal's Ctrl-C is for us; we then end the server in good order.
  setsid();
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  const int nothing = open("/dev/null", O_RDONLY);
  if (nothing >= 0) dup2(nothing, STDIN_FILENO);
  if (start.account) {
    // The bare calls: glibc's would look for the other threads, which this process no longer has.
    if (syscall(SYS_setgroups, 0, nullptr) != 0) give_up();
    if (syscall(SYS_setresgid, start.account->group, start.account->group, start.account->group))
      give_up();
    if (syscall(SYS_setresuid, start.account->user, start.account->user, start.account->user))
      give_up();
  }
  // A change of the account forgets this, so it comes after.
  if (prctl(PR_SET_PDEATHSIG, start.parent_died) != 0) give_up();
  if (getppid() != parent) _exit(127);
  if (!start.folder.empty() && chdir(start.folder.c_str()) != 0) give_up();
  // Everything else goes, the pipe for trouble by itself when the program begins.
  if (trouble > 3) close_range(3, static_cast<unsigned>(trouble) - 1, 0);
  close_range(static_cast<unsigned>(trouble) + 1, ~0U, 0);
  execve(arguments[0], arguments, environment);
  give_up();
  _exit(127);
}

Failure cannot_start(const std::string& program, int error) {
  return Failure{FailureKind::permanent,
                 fmt::format("{} cannot be started: {}", program, std::strerror(error)), "", ""};
}

}  // namespace

Result<std::optional<Account>> unprivileged_account(const std::vector<std::string>& names) {
  if (geteuid() != 0) return std::optional<Account>();
  for (const std::string& name : names) {
    char buffer[4096];
    passwd entry{};
    passwd* found = nullptr;
    if (getpwnam_r(name.c_str(), &entry, buffer, sizeof buffer, &found) == 0 && found != nullptr)
      return std::optional<Account>(Account{entry.pw_uid, entry.pw_gid});
  }
  return Failure{FailureKind::permanent, "there is no account for servers that root may not run",
                 "Install the Debian package postgresql, or run as an ordinary user.", ""};
}

Result<ServerProcess> ServerProcess::start(const ServerStart& start) {
  std::vector<std::string> arguments = start.arguments, environment;
  for (const auto& [name, value] : start.environment) {
    environment.push_back(name);
    environment.back() += '=';
    environment.back() += value;
  }
  const std::vector<char*> argument_list = pointers(arguments);
  const std::vector<char*> environment_list = pointers(environment);
  const int log = open(start.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) return cannot_start(arguments[0] + ", log " + start.log, errno);
  int trouble[2];
  if (pipe2(trouble, O_CLOEXEC) != 0) {
    const int error = errno;
    close(log);
    return cannot_start(arguments[0], error);
  }
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0)
    become(start, argument_list.data(), environment_list.data(), log, parent, trouble[1]);
  const int fork_error = errno;
  close(log);
  close(trouble[1]);
  int error = 0;
  ssize_t length = 0;
  if (child > 0) do {
      length = read(trouble[0], &error, sizeof error);
    } while (length < 0 && errno == EINTR);
  close(trouble[0]);
  if (child < 0) return cannot_start(arguments[0], fork_error);
  ServerProcess process(child);
  if (length == static_cast<ssize_t>(sizeof error)) {
    process.wait(std::chrono::seconds{1});
    return cannot_start(arguments[0], error);
  }
  return process;
}

ServerProcess::ServerProcess(ServerProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), exit_code_(other.exit_code_) {}

ServerProcess& ServerProcess::operator=(ServerProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(exit_code_, other.exit_code_);
  return *this;
}

ServerProcess::~ServerProcess() {
  end(SIGTERM, std::chrono::seconds{2});
}

bool ServerProcess::running() {
  if (pid_ < 0) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == 0) return true;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  pid_ = -1;
  return false;
}

std::optional<int> ServerProcess::wait(std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (running()) {
    if (std::chrono::steady_clock::now() >= until) return std::nullopt;
    std::this_thread::sleep_for(look_interval);
  }
  return exit_code_;
}

void ServerProcess::end(int signal, std::chrono::milliseconds patience) {
  if (!running()) return;
  kill(pid_, signal);
  if (wait(patience)) return;
  kill(pid_, SIGKILL);
  wait(std::chrono::seconds{10});
}

}  // namespace ostler::lab
