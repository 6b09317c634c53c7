// The journal's format and its file: chain, torn tails at every byte, damage, locks, full disks.
#include "ostler/engine/journal.hpp"

#include "ostler/base/file.hpp"
#include "ostler/base/hash.hpp"
#include "ostler/base/secret.hpp"

#include <catch2/catch.hpp>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>

using namespace ostler;

namespace {

struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("ostler-journal-" + random_hex(8));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file() const { return (path / "journal.jsonl").string(); }
};

/// A journal of three groups: one record, two, one.
std::string three_groups(const Folder& folder, Clock& clock) {
  auto journal = create_journal(folder.file(), "run-1", "dana", clock).value();
  REQUIRE(journal->append({{"RUN_OPEN", {{"plan", "sha256:x"}}, 0}}));
  journal->set_epoch(1);
  REQUIRE(journal->append({{"SNAPSHOT", {{"step", "S1"}}, 0}, {"INTENT", {{"step", "S1"}}, 1}}));
  REQUIRE(journal->append({{"OUTCOME", {{"step", "S1"}, {"result", "applied"}}, 1}}));
  return read_file(folder.file()).value();
}

std::vector<std::size_t> line_ends(const std::string& bytes) {
  std::vector<std::size_t> ends;
  for (std::size_t at = 0; at < bytes.size(); ++at)
    if (bytes[at] == '\n') ends.push_back(at + 1);
  return ends;
}

}  // namespace

TEST_CASE("what was appended is read back, chained, in a private file") {
  const Folder folder;
  VirtualClock clock;
  const std::string bytes = three_groups(folder, clock);
  const JournalReading reading = read_journal(bytes, "run-1");
  REQUIRE_FALSE(reading.damage);
  REQUIRE(reading.records.size() == 4);
  CHECK(reading.records[2].kind == "INTENT");
  CHECK(reading.records[2].group == 1);
  CHECK(reading.records[2].epoch == 1);
  CHECK(reading.records[2].opno == 1);
  CHECK(reading.torn_bytes == 0);
  struct stat information {};
  REQUIRE(stat(folder.file().c_str(), &information) == 0);
  CHECK((information.st_mode & 0777) == 0600);
}

TEST_CASE("a journal cut at any byte is whole groups with a torn tail, never damage") {
  const Folder folder;
  VirtualClock clock;
  const std::string bytes = three_groups(folder, clock);
  const std::vector<std::size_t> ends = line_ends(bytes);
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    const JournalReading reading = read_journal(std::string_view(bytes).substr(0, length), "run-1");
    const std::size_t whole =
        length < ends[0] ? 0 : (length < ends[2] ? 1 : (length < ends[3] ? 3 : 4));
    INFO("cut at " << length);
    CHECK_FALSE(reading.damage);
    CHECK(reading.records.size() == whole);
    CHECK(reading.valid_bytes + reading.torn_bytes == length);
  }
}

TEST_CASE("any changed byte is seen: before the last group as damage, in it as a torn tail") {
  const Folder folder;
  VirtualClock clock;
  const std::string bytes = three_groups(folder, clock);
  const std::vector<std::size_t> ends = line_ends(bytes);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string broken = bytes;
    broken[at] = static_cast<char>(broken[at] ^ 1);
    const JournalReading reading = read_journal(broken, "run-1");
    INFO("byte " << at);
    if (at < ends[2])
      CHECK(reading.damage);
    else
      CHECK((reading.torn_bytes > 0 && reading.records.size() == 3));
  }
}

TEST_CASE("within one group a later line may survive without an earlier one") {
  const Folder folder;
  VirtualClock clock;
  const std::string bytes = three_groups(folder, clock);
  const std::vector<std::size_t> ends = line_ends(bytes);
  std::string torn = bytes.substr(0, ends[2]);
  for (std::size_t at = ends[0] + 5; at < ends[0] + 25; ++at) torn[at] = '\0';
  const JournalReading reading = read_journal(torn, "run-1");
  CHECK_FALSE(reading.damage);
  CHECK(reading.records.size() == 1);
  CHECK(reading.torn_bytes == torn.size() - ends[0]);
}

TEST_CASE("what follows a group that is not whole is damage") {
  const Folder folder;
  VirtualClock clock;
  std::string first, second;
  std::string hash;
  Record record{0, 0, 0, 0, "", "a", "RUN_OPEN", {}};
  record.of = 2;
  const BootTime boot{};
  first = encode_record(record, "run-1", boot, "b", std::string(64, '0'), &hash);
  record.seq = record.group = 1;
  record.of = 1;
  second = encode_record(record, "run-1", boot, "b", std::string(hash), &hash);
  CHECK(read_journal(first, "run-1").torn_bytes == first.size());
  CHECK(read_journal(first + second, "run-1").damage);
}

TEST_CASE("lines taken out, doubled, swapped or of another run break the chain") {
  const Folder folder;
  VirtualClock clock;
  const std::string bytes = three_groups(folder, clock);
  const std::vector<std::size_t> ends = line_ends(bytes);
  const std::string first = bytes.substr(0, ends[0]);
  const std::string second = bytes.substr(ends[0], ends[1] - ends[0]);
  const std::string rest = bytes.substr(ends[1]);
  CHECK(read_journal(first + rest, "run-1").damage);
  CHECK(read_journal(first + second + second + rest, "run-1").damage);
  CHECK(read_journal(second + first + rest, "run-1").damage);
  CHECK(read_journal(bytes, "run-2").damage);
}

TEST_CASE("a torn tail is repaired on opening, and the repair is a record") {
  const Folder folder;
  VirtualClock clock;
  const std::string bytes = three_groups(folder, clock);
  std::ofstream(folder.file(), std::ios::binary | std::ios::trunc)
      << bytes.substr(0, bytes.size() - 7);
  auto journal = open_journal(folder.file(), "run-1", "dana", clock).value();
  REQUIRE(journal->records().size() == 4);
  CHECK(journal->records()[3].kind == "TAIL_REPAIR");
  REQUIRE(journal->append({{"PHASE", {{"phase", "resumed"}}, 0}}));
  CHECK(read_journal(read_file(folder.file()).value(), "run-1").records.size() == 5);
}

namespace {

/// A store that counts its copies, and may have no room for one.
class CountingStore final : public JournalStore {
 public:
  CountingStore(std::string the_bytes, bool the_room, int& the_copies)
      : bytes(std::move(the_bytes)), room(the_room), copies(the_copies) {}
  Result<std::string> read() override { return bytes; }
  Result<void> append(std::string_view more) override {
    bytes += more;
    return {};
  }
  Result<void> sync() override { return {}; }
  Result<void> cut(std::size_t size) override {
    bytes.resize(size);
    return {};
  }
  Result<void> replace(std::string_view whole) override {
    if (!room) return Failure{FailureKind::permanent, "no space left", "", "no_space"};
    ++copies;
    bytes = std::string(whole);
    return {};
  }
  void keep_reserve() override {}
  void give_up_reserve() override {}
  std::string name() const override { return "counting"; }
  std::string boot_id() const override { return "boot"; }

  std::string bytes;
  bool room;
  int& copies;
};

}  // namespace

TEST_CASE("opening writes a sound journal anew, since an earlier sync may have failed unseen") {
  const Folder folder;
  VirtualClock clock;
  const std::string bytes = three_groups(folder, clock);
  int copies = 0;
  const auto open = [&](const std::string& from, bool room) {
    return open_journal(std::make_unique<CountingStore>(from, room, copies), "run-1", "dana",
                        clock);
  };
  CHECK(open(bytes, true).value()->records().size() == 4);
  CHECK(copies == 1);
  // A full disk must not keep a sound run from going back; a torn one cannot be opened without.
  CHECK(open(bytes, false).value()->records().size() == 4);
  CHECK_FALSE(open(bytes.substr(0, bytes.size() - 7), false));
}

TEST_CASE("a second writer is refused while the first lives") {
  const Folder folder;
  VirtualClock clock;
  auto journal = create_journal(folder.file(), "run-1", "dana", clock).value();
  CHECK(open_journal(folder.file(), "run-1", "eve", clock).failure().code == "locked");
  CHECK(create_journal(folder.file(), "run-1", "eve", clock).failure().code == "locked");
  journal.reset();
  CHECK(open_journal(folder.file(), "run-1", "eve", clock).ok());
  CHECK(create_journal(folder.file(), "run-1", "eve", clock).failure().code == "exists");
}

TEST_CASE("damage is never repaired and nothing is written") {
  const Folder folder;
  VirtualClock clock;
  std::string bytes = three_groups(folder, clock);
  bytes[40] = 'X';
  std::ofstream(folder.file(), std::ios::binary | std::ios::trunc) << bytes;
  const auto opened = open_journal(folder.file(), "run-1", "dana", clock);
  REQUIRE_FALSE(opened);
  CHECK(opened.failure().code == "damaged");
  CHECK(read_file(folder.file()).value() == bytes);
}

TEST_CASE("names of any text are read back as they were written") {
  const std::string run = "run \"1\"", actor = "d\\a\nn\xC3\xA9", boot_id = "\\";
  std::string hash;
  const std::string line = encode_record({0, 0, 7, 9, "noon", actor, "INTENT", {{"prev", "\"}"}}},
                                         run, BootTime{1}, boot_id, std::string(64, '0'), &hash);
  const JournalReading reading = read_journal(line, run);
  REQUIRE_FALSE(reading.damage);
  REQUIRE(reading.records.size() == 1);
  const Record& record = reading.records[0];
  CHECK(record.epoch == 7);
  CHECK(record.opno == 9);
  CHECK(record.wall == "noon");
  CHECK(record.actor == actor);
  CHECK(text_at(record.body, "/prev") == "\"}");
  CHECK(reading.last_hash == hash);
}

TEST_CASE("a newer format is refused, not repaired") {
  const BootTime boot{1};
  std::string hash;
  std::string line = encode_record({0, 0, 0, 0, "", "a", "RUN_OPEN", {}}, "run-1", boot, "b",
                                   std::string(64, '0'), &hash);
  line.replace(line.find("\"v\":1"), 5, "\"v\":2");
  const std::string body = line.substr(0, line.find(",\"sha\":\""));
  const std::string newer = body + ",\"sha\":\"" + sha256_hex(body) + "\"}\n";
  CHECK(read_journal(newer, "run-1").damage.value().code == "newer");
}

TEST_CASE("a secret never becomes durable, whoever put it into a record") {
  const Folder folder;
  VirtualClock clock;
  const Secret canary(std::string("journal-canary-77"));
  auto journal = create_journal(folder.file(), "run-1", "dana", clock).value();
  REQUIRE(journal->append({{"SNAPSHOT", {{"value", {{"deep", {"x journal-canary-77 y"}}}}}, 0}}));
  CHECK(read_file(folder.file()).value().find("canary-77") == std::string::npos);
}

TEST_CASE("a disk that is full costs the reserve first, and says so") {
  const Folder folder;
  VirtualClock clock;
  auto journal = create_journal(folder.file(), "run-1", "dana", clock).value();
  REQUIRE(journal->append({{"RUN_OPEN", {{"plan", "sha256:x"}}, 0}}));
  CHECK_FALSE(journal->exhausted());
  // A file size limit gives EFBIG, the nearest to a full disk that needs no mount: it must be final
  // and leave what was durable readable.
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  getrlimit(RLIMIT_FSIZE, &old_limit);
  const std::string before = read_file(folder.file()).value();
  rlimit limit{before.size() + 100, old_limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &limit);
  const Result<void> failed = journal->append({{"INTENT", {{"step", std::string(500, 'x')}}, 1}});
  setrlimit(RLIMIT_FSIZE, &old_limit);
  std::signal(SIGXFSZ, old_handler);
  REQUIRE_FALSE(failed);
  CHECK(failed.failure().code == "sync");
  CHECK_FALSE(journal->append({{"PHASE", {}, 0}}));
  const JournalReading reading = read_journal(read_file(folder.file()).value(), "run-1");
  CHECK_FALSE(reading.damage);
  CHECK(reading.records.size() == 1);
}
