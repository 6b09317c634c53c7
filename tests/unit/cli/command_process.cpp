#include "tests/unit/cli/command_process.hpp"

#include "ostler/cli/command_line.hpp"

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

namespace {

[[noreturn]] void become_ostler(std::vector<std::string> arguments, int output) {
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  arguments.insert(arguments.begin(), "ostler");
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  _exit(ostler::run_command_line(static_cast<int>(pointers.size()), pointers.data()));
}

}  // namespace

OwnFolder::OwnFolder() {
  char name[] = "/tmp/ostler-cli-test-XXXXXX";
  REQUIRE(mkdtemp(name) != nullptr);
  path = name;
  // Servers under an account of their own pass through it.
  std::filesystem::permissions(path, std::filesystem::perms(0711));
}

OwnFolder::~OwnFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

bool OwnFolder::empty() const {
  return std::filesystem::is_empty(path);
}

Ran run_ostler(std::vector<std::string> arguments,
               const std::vector<std::pair<std::string, std::string>>& variables, Poke poke) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    close(ends[0]);
    for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
    become_ostler(std::move(arguments), ends[1]);
  }
  close(ends[1]);
  Ran ran;
  char bytes[4096];
  for (ssize_t count = 0; (count = read(ends[0], bytes, sizeof bytes)) > 0;) {
    ran.said.append(bytes, static_cast<std::size_t>(count));
    if (poke.signal == 0 || ran.said.find(poke.words) == std::string::npos) continue;
    kill(child, std::exchange(poke.signal, 0));
  }
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ran;
}
