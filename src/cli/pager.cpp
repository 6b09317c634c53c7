// Long output goes through the user's pager.
#include "pager.hpp"

#include "ostler/view/sink.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace ostler {

bool show_in_pager(const std::string& text, const Variables& variables) {
  std::string command = "less -FIRX";
  for (const char* name : {"PAGER", "OSTLER_PAGER"})
    if (const auto value = variables(name)) command = *value;
  if (command.empty() || command == "cat") return false;
  int ends[2];
  if (pipe(ends) != 0) return false;
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    close(ends[1]);
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGPIPE, SIG_DFL);
    // The user's own setting, which is a command line by convention.
    execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  close(ends[0]);
  if (child < 0) {
    close(ends[1]);
    return false;
  }
  descriptor_sink(ends[1])(text);
  close(ends[1]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) != 127;
}

}  // namespace ostler
