// ostler rehearse as a user types it: what is wrong with the files, flags, and the proof's file.
#include "ostler/base/file.hpp"
#include "ostler/base/text.hpp"
#include "ostler/cli/command_line.hpp"
#include "ostler/lab/local_servers.hpp"
#include "ostler/model/proof.hpp"

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

using namespace ostler;

namespace {

const std::string lab_folder = std::string(OSTLER_SOURCE_DIR) + "/examples/lab";

/// A folder of this test's own.
struct Folder {
  std::string path;
  Folder() {
    char name[] = "/tmp/ostler-rehearse-test-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

struct Done {
  int code = -1;
  std::string said;
};

/// Runs the program in a child, so that its signal handlers and streams are its own; `interrupt`
/// sends it SIGINT as soon as it has said something.
Done ostler_says(std::vector<std::string> arguments, const std::string& state,
                 bool interrupt = false) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    setenv("OSTLER_STATE_DIR", state.c_str(), 1);
    arguments.insert(arguments.begin(), "ostler");
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    _exit(run_command_line(static_cast<int>(pointers.size()), pointers.data()));
  }
  close(ends[1]);
  Done done;
  char bytes[4096];
  for (ssize_t count = 0; (count = read(ends[0], bytes, sizeof bytes)) > 0;) {
    done.said.append(bytes, static_cast<std::size_t>(count));
    if (interrupt) kill(child, SIGINT);
    interrupt = false;
  }
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  if (WIFEXITED(status)) done.code = WEXITSTATUS(status);
  return done;
}

bool has_proof(const std::string& state) {
  std::error_code ignored;
  const std::filesystem::directory_iterator all(state + "/proofs", ignored), end;
  return !ignored && all != end;
}

}  // namespace

TEST_CASE("rehearse names every mistake in both files with its place", "[rehearsal]") {
  const Folder folder;
  const Result<std::string> text = read_file(lab_folder + "/environment.yaml");
  REQUIRE(text.ok());
  REQUIRE(write_file_atomically(folder.path + "/environment.yaml",
                                replace_all(*text, "protection: ask", "protecton: ask"))
              .ok());
  REQUIRE(write_file_atomically(folder.path + "/release.yaml",
                                "apiVersion: ostler/v1\nrelease: 1\nimge: { from: a, to: b }\n")
              .ok());
  const Done done = ostler_says(
      {"rehearse", folder.path + "/environment.yaml", folder.path + "/release.yaml"}, folder.path);
  CHECK(done.code == 3);
  INFO(done.said);
  CHECK(done.said.find("environment.yaml:5:1: error: unknown key 'protecton'") !=
        std::string::npos);
  CHECK(done.said.find("release.yaml:3:1: error: unknown key 'imge'") != std::string::npos);
  CHECK_FALSE(has_proof(folder.path));
}

TEST_CASE("rehearse knows one place only, and says so", "[rehearsal]") {
  const Folder folder;
  const Done done =
      ostler_says({"rehearse", lab_folder + "/environment.yaml", "--in", "clone"}, folder.path);
  CHECK(done.code == 2);
  CHECK(done.said.find("rehearses in the lab only") != std::string::npos);
}

TEST_CASE("an interrupted rehearsal leaves no proof", "[rehearsal]") {
  if (!lab::local_servers_installed().ok()) return;
  const Folder folder;
  const Done done = ostler_says(
      {"rehearse", lab_folder + "/environment.yaml", lab_folder + "/release-3/release.yaml"},
      folder.path, true);
  INFO(done.said);
  CHECK(done.code == 130);
  CHECK_FALSE(has_proof(folder.path));
}

// Half a minute of migrations on a real server: run it with the tag [slow].
TEST_CASE("the lab's releases are proved on a real PostgreSQL", "[.][slow]") {
  if (!lab::local_servers_installed().ok()) return;
  for (const char* release : {"release-2", "release-3"}) {
    const Folder folder;
    const std::string out = folder.path + "/next.proof.json";
    const Done done = ostler_says({"rehearse", lab_folder + "/environment.yaml",
                                   lab_folder + "/" + release + "/release.yaml", "--out", out},
                                  folder.path);
    INFO(done.said);
    REQUIRE(done.code == 0);
    const Result<std::string> text = read_file(out);
    REQUIRE(text.ok());
    const Result<Proof> proof = parse_proof(*text);
    REQUIRE(proof.ok());
    CHECK(proof->holds());
    CHECK(proof->environment == "lab");
    CHECK(proof->where == "lab");
    CHECK_FALSE(proof->not_covered.empty());
    CHECK(done.said.find("Not proved by this") != std::string::npos);
  }
}
