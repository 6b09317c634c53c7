// Run folders: names that count up, who may write them, what they tell.
#include "cli/run_store.hpp"

#include "cli/control.hpp"
#include "cli/environment_lock.hpp"
#include "cli/find_run.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/hash.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include <filesystem>

using namespace ostler;

namespace {

// A state folder of its own, gone at the end.
struct StateFolder {
  std::string path =
      (std::filesystem::temp_directory_path() / ("ostler-store-" + random_hex(12))).string();
  ~StateFolder() { std::filesystem::remove_all(path); }
  Result<RunStore> open() const {
    return RunStore::open([this](const std::string& name) -> std::optional<std::string> {
      return name == "OSTLER_STATE_DIR" ? std::optional(path) : std::nullopt;
    });
  }
};

// A run with a journal of these records.
std::string make_run(const RunStore& store, Clock& clock, const std::string& environment,
                     const std::vector<Entry>& entries,
                     const std::string& started = "2026-11-24T10:00:00.000Z") {
  const RunFolder folder = *store.create(environment);
  RunMeta meta;
  meta.run = folder.run;
  meta.environment = environment;
  meta.version_before = "1";
  meta.version_after = "2";
  meta.started = started;
  meta.ended = "2026-11-24T10:10:00.000Z";
  REQUIRE(write_meta(folder, meta).ok());
  auto journal = create_journal(folder.journal(), folder.run, "tester", clock);
  REQUIRE(journal.ok());
  REQUIRE((*journal)->append(entries).ok());
  return folder.run;
}

const Entry opened{"RUN_OPEN", {{"plan", "sha256:aa"}}, 0};
const Entry intended{"INTENT", {{"step", "S1"}, {"direction", "forward"}}, 1};
const Entry committed{"RUN_CLOSE", {{"outcome", "committed"}}, 0};

}  // namespace

TEST_CASE("run store: numbers count up for each environment", "[cli]") {
  const StateFolder state;
  const auto store = state.open();
  REQUIRE(store.ok());
  CHECK(store->create("prod")->run == "prod-1");
  CHECK(store->create("prod")->run == "prod-2");
  CHECK(store->create("prod-eu")->run == "prod-eu-1");
  CHECK(store->create("prod")->run == "prod-3");
  struct stat status {};
  REQUIRE(stat(store->folder("prod-1").path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
}

TEST_CASE("run store: a folder that others may write is refused", "[cli]") {
  const StateFolder state;
  REQUIRE(make_folders(state.path).ok());
  REQUIRE(chmod(state.path.c_str(), 0777) == 0);
  const auto store = state.open();
  REQUIRE_FALSE(store.ok());
  CHECK(store.failure().message.find("others may write") != std::string::npos);
}

TEST_CASE("run names end in a number", "[cli]") {
  CHECK(parse_run_name("prod-218")->environment == "prod");
  CHECK(parse_run_name("prod-eu-3")->number == 3);
  for (const char* wrong : {"prod", "prod-", "-3", "prod-x", "prod-3x", ""})
    CHECK_FALSE(parse_run_name(wrong));
}

TEST_CASE("run store: newest first, found by run and by environment", "[cli]") {
  const StateFolder state;
  VirtualClock clock;
  const auto store = state.open();
  make_run(*store, clock, "prod", {opened, intended, committed});
  make_run(*store, clock, "prod", {opened, intended});
  make_run(*store, clock, "stag", {opened}, "2026-11-24T12:00:00.000Z");
  const auto runs = store->runs("prod");
  REQUIRE(runs.ok());
  REQUIRE(runs->size() == 2);
  CHECK((*runs)[0].meta.run == "prod-2");
  CHECK((*runs)[0].unfinished());
  CHECK_FALSE((*runs)[1].unfinished());
  CHECK(store->find("prod")->meta.run == "prod-2");
  CHECK(store->find("prod-1")->meta.run == "prod-1");
  const auto none = store->find("prood");
  REQUIRE_FALSE(none.ok());
  CHECK(none.failure().code == "usage");
  CHECK(none.failure().hint == "Did you mean 'prod'?");
  CHECK_FALSE(store->exists("../prod-1"));
}

TEST_CASE("a run's state in one word", "[cli]") {
  const StateFolder state;
  VirtualClock clock;
  const auto store = state.open();
  const auto word = [&](const std::vector<Entry>& entries) {
    return summarise(*store->read(make_run(*store, clock, "prod", entries)), nullptr).state;
  };
  CHECK(word({opened, intended, committed}) == "released");
  CHECK(word({opened, intended}) == "interrupted");
  CHECK(word({opened, intended, {"PHASE", {{"phase", "held"}, {"reason", "x"}}, 0}}) == "held");
  CHECK(word({opened, intended, {"PHASE", {{"phase", "parked"}, {"reason", "x"}}, 0}}) == "stuck");
  CHECK(word({opened, intended, {"RUN_CLOSE", {{"outcome", "rolled_back"}}, 0}}) == "rolled_back");
  CHECK(word({opened, {"RUN_CLOSE", {{"outcome", "abandoned"}}, 0}}) == "abandoned");
  CHECK(word({{"RUN_OPEN", {{"plan", "x"}, {"undoes", "prod-1"}}, 0},
              intended,
              {"RUN_CLOSE", {{"outcome", "rolled_back"}}, 0}}) == "undone");
  StoredRun done;
  done.state.phase = Phase::committed;
  for (const auto& [command, expected] : std::map<std::string, std::string>{
           {"promote", "promoted"}, {"migrate", "migrated"}, {"shift", "released"}}) {
    done.meta.command = command;
    CHECK(summarise(done, nullptr).state == expected);
  }
}

TEST_CASE("a broken journal is trouble, not an empty run", "[cli]") {
  const StateFolder state;
  VirtualClock clock;
  const auto store = state.open();
  const std::string run = make_run(*store, clock, "prod", {opened});
  {
    auto journal = open_journal(store->folder(run).journal(), run, "tester", clock);
    REQUIRE(journal.ok());
    REQUIRE((*journal)->append({intended}).ok());
  }
  const std::string path = store->folder(run).journal();
  REQUIRE((*open_journal(path, run, "tester", clock))->append({committed}).ok());
  std::string bytes = *read_file(path);
  bytes[bytes.find("RUN_OPEN")] = 'X';
  REQUIRE(write_file_atomically(path, bytes).ok());
  const auto read = store->read(run);
  REQUIRE(read->trouble);
  CHECK_FALSE(read->unfinished());
  CHECK(summarise(*read, nullptr).state == "unreadable");
}

TEST_CASE("a process is known by more than its number", "[cli]") {
  ProcessMark mark = this_process();
  CHECK(is_running(mark));
  mark.started += "1";
  CHECK_FALSE(is_running(mark));
  mark.host = "elsewhere";
  CHECK(is_running(mark));
}

TEST_CASE("hold, resume and abort find the run that is meant", "[cli]") {
  const StateFolder state;
  VirtualClock clock;
  const auto store = state.open();
  CHECK(find_run(*store, "").failure().code == "usage");
  make_run(*store, clock, "prod", {opened, intended});
  make_run(*store, clock, "prod", {opened, intended, committed});
  CHECK(find_run(*store, "")->meta.run == "prod-1");
  CHECK(find_run(*store, "prod")->meta.run == "prod-1");
  CHECK(find_run(*store, "prod-2")->meta.run == "prod-2");
  make_run(*store, clock, "stag", {opened, intended});
  CHECK(find_run(*store, "").failure().message.find("several runs") == 0);
}

TEST_CASE("environment lock: one holder, named to the next", "[cli]") {
  const StateFolder state;
  VirtualClock clock;
  REQUIRE(make_folders(state.path).ok());
  {
    auto first = EnvironmentLock::take(state.path, "3b1c", "prod", "prod-7", clock);
    REQUIRE(first.ok());
    const auto second = EnvironmentLock::take(state.path, "3b1c", "prod", "prod-8", clock);
    REQUIRE_FALSE(second.ok());
    CHECK(second.failure().code == "locked");
    CHECK(second.failure().message.find("prod-7, pid ") != std::string::npos);
    CHECK(EnvironmentLock::take(state.path, "3b1c", "staging", "s-1", clock).ok());
    CHECK(EnvironmentLock::take(state.path, "ffff", "prod", "p-1", clock).ok());
  }
  CHECK(EnvironmentLock::take(state.path, "3b1c", "prod", "prod-8", clock).ok());
}

TEST_CASE("control: what one process asks another", "[cli]") {
  const StateFolder state;
  const auto store = state.open();
  const RunFolder folder = *store->create("prod");
  CHECK(read_control(folder).empty());
  REQUIRE(send_control(folder, "hold", "odd").ok());
  CHECK(read_control(folder) == "hold");
  REQUIRE(send_control(folder, "explode", "").ok());
  CHECK(read_control(folder).empty());
  clear_control(folder);
  CHECK_FALSE(file_exists(folder.control()));
}
