// Folders that go with their process, and what becomes of those whose process was killed.
#include "ostler/lab/passing_folder.hpp"

#include "lab/host/server_process.hpp"

#include "ostler/base/file.hpp"

#include <catch2/catch.hpp>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

using namespace ostler;
using namespace ostler::lab;

namespace {

namespace fs = std::filesystem;

/// A temporary folder of this test's own, in the place of the machine's.
struct Temporary {
  fs::path path;
  std::string before;

  Temporary() {
    char name[] = "/tmp/ostler-passing-test-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path = name;
    if (const char* chosen = std::getenv("TMPDIR")) before = chosen;
    setenv("TMPDIR", name, 1);
  }
  ~Temporary() {
    if (before.empty())
      unsetenv("TMPDIR");
    else
      setenv("TMPDIR", before.c_str(), 1);
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

std::unique_ptr<PassingFolder> made(const std::string& kind = "lab") {
  auto folder = PassingFolder::make(kind);
  if (!folder.ok()) FAIL(folder.failure().message);
  return *std::move(folder);
}

/// What a process had made before it was killed.
struct Killed {
  char path[256] = "";
  pid_t server = -1;
};

Killed make_and_be_killed() {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto folder = PassingFolder::make("lab");
    ServerStart start;
    start.log = "/dev/null";
    start.arguments = {"/bin/sleep", "100"};
    const auto server = ServerProcess::start(start);
    if (!folder.ok() || !server.ok()) _exit(1);
    (void)write_file_atomically((*folder)->path() + "/secret", "it");
    Killed words;
    (*folder)->path().copy(words.path, sizeof words.path - 1);
    words.server = server->pid();
    (void)!write(ends[1], &words, sizeof words);
    pause();
    _exit(1);
  }
  close(ends[1]);
  Killed words;
  REQUIRE(read(ends[0], &words, sizeof words) == sizeof words);
  close(ends[0]);
  kill(child, SIGKILL);
  REQUIRE(waitpid(child, nullptr, 0) == child);
  return words;
}

bool ended(pid_t process) {
  const int handle = static_cast<int>(syscall(SYS_pidfd_open, process, 0));
  if (handle < 0) return true;
  pollfd end{handle, POLLIN, 0};
  const bool over = poll(&end, 1, 60'000) == 1;
  close(handle);
  return over;
}

}  // namespace

TEST_CASE("a passing folder goes with its object", "[lab][folder]") {
  const Temporary temporary;
  std::string path;
  {
    const auto folder = made();
    path = folder->path();
    CHECK(fs::path(path).parent_path() == temporary.path);
    REQUIRE(write_file_atomically(path + "/file", "bytes").ok());
    struct stat found {};
    REQUIRE(stat(path.c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0711);
  }
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("what a killed process left goes with the next start, its servers at once",
          "[lab][folder]") {
  const Temporary temporary;
  const Killed left = make_and_be_killed();
  CHECK(ended(left.server));
  REQUIRE(fs::exists(std::string(left.path) + "/secret"));
  // Another kind has its own.
  const auto other = made("rehearse");
  CHECK(fs::exists(left.path));
  const auto next = made();
  CHECK_FALSE(fs::exists(left.path));
}

TEST_CASE("nothing is removed that somebody holds or that is not ours", "[lab][folder]") {
  const Temporary temporary;
  const auto living = made();
  // A folder of an older version, one of a longer name, a link, and one of another user.
  const fs::path without_lock = temporary.path / "ostler-lab-aaaaaa";
  const fs::path longer = temporary.path / "ostler-lab-test-aaaaaa";
  const fs::path elsewhere = temporary.path / "elsewhere";
  const fs::path foreign = temporary.path / "ostler-lab-bbbbbb";
  for (const fs::path& folder : {without_lock, longer, elsewhere, foreign}) {
    fs::create_directory(folder);
    if (folder != without_lock) REQUIRE(write_file_atomically(folder / ".ostler-lock", "1\n").ok());
  }
  fs::create_directory_symlink(elsewhere, temporary.path / "ostler-lab-cccccc");
  const bool root = geteuid() == 0;
  if (root) REQUIRE(chown(foreign.c_str(), 65534, 65534) == 0);
  const auto next = made();
  CHECK(fs::exists(living->path()));
  CHECK(fs::exists(without_lock));
  CHECK(fs::exists(longer / ".ostler-lock"));
  CHECK(fs::exists(elsewhere / ".ostler-lock"));
  CHECK(fs::exists(foreign) == root);
}

TEST_CASE("a folder is held once, and its holder is named", "[lab][folder]") {
  const Temporary temporary;
  auto first = hold_folder(temporary.path);
  REQUIRE(first.ok());
  const auto second = hold_folder(temporary.path);
  REQUIRE_FALSE(second.ok());
  CHECK(second.failure().code == "locked");
  CHECK(second.failure().message.find(std::to_string(getpid())) != std::string::npos);
  first->reset();
  CHECK(hold_folder(temporary.path).ok());
}

TEST_CASE("a temporary folder that is not there is named with its variable", "[lab][folder]") {
  const Temporary temporary;
  setenv("TMPDIR", "/no/such/folder", 1);
  const auto none = PassingFolder::make("lab");
  REQUIRE_FALSE(none.ok());
  CHECK(none.failure().code == "usage");
  CHECK(none.failure().message.find("/no/such/folder/ostler-lab-") != std::string::npos);
  CHECK(none.failure().hint.find("TMPDIR") != std::string::npos);
}
