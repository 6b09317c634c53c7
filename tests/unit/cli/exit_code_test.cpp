// The contract with other programs: which outcome has which number.
#include "ostler/cli/exit_code.hpp"

#include "ostler/base/file.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <regex>
#include <set>

using namespace ostler;

TEST_CASE("exit codes: every ending of a run", "[cli]") {
  struct Row {
    Ending ending;
    Asked asked;
    Changed changed;
    int signal;
    int code;
  };
  const std::vector<Row> rows{
      {Ending::done, Asked::forward, Changed::yes, 0, 0},
      {Ending::done, Asked::forward, Changed::no, 0, 0},
      {Ending::rolled_back, Asked::forward, Changed::yes, 0, 20},
      {Ending::rolled_back, Asked::back, Changed::yes, 0, 0},
      {Ending::stuck, Asked::forward, Changed::yes, 0, 21},
      {Ending::stuck, Asked::back, Changed::yes, 0, 21},
      {Ending::held, Asked::forward, Changed::yes, 0, 22},
      {Ending::held, Asked::forward, Changed::yes, SIGINT, 22},
      {Ending::interrupted, Asked::forward, Changed::no, SIGINT, 130},
      {Ending::interrupted, Asked::forward, Changed::no, SIGTERM, 143},
      {Ending::interrupted, Asked::forward, Changed::no, SIGHUP, 143},
      {Ending::interrupted, Asked::forward, Changed::yes, SIGINT, 22},
      {Ending::interrupted, Asked::forward, Changed::yes, SIGTERM, 22},
      {Ending::journal_lost, Asked::forward, Changed::no, 0, 1},
      {Ending::journal_lost, Asked::forward, Changed::yes, 0, 22},
  };
  for (const Row& row : rows) {
    RunEnd end;
    end.ending = row.ending;
    CHECK(static_cast<int>(exit_code_of(end, row.asked, row.changed, row.signal)) == row.code);
  }
}

TEST_CASE("exit codes: every kind of failure before the first change", "[cli]") {
  const auto code = [](FailureKind kind, const char* foreign = "") {
    return static_cast<int>(exit_code_of(Failure{kind, "x", "", foreign}));
  };
  CHECK(code(FailureKind::refused) == 10);
  CHECK(code(FailureKind::refused, "401") == 4);
  CHECK(code(FailureKind::refused, "403") == 4);
  CHECK(code(FailureKind::refused, "28P01") == 4);
  CHECK(code(FailureKind::refused, "locked") == 12);
  CHECK(code(FailureKind::timeout) == 14);
  CHECK(code(FailureKind::transient) == 14);
  CHECK(code(FailureKind::unknown) == 14);
  CHECK(code(FailureKind::cancelled) == 130);
  CHECK(code(FailureKind::permanent) == 10);
  CHECK(code(FailureKind::permanent, "damaged") == 21);
}

TEST_CASE("exit codes: what checks found", "[cli]") {
  const Finding good = passed("x", "fine"), bad = failed("x", "not fine", "fine", "");
  const Finding silent = not_seen("x", {FailureKind::timeout, "no answer", "", ""});
  const Finding empty = not_seen("x", {FailureKind::permanent, "no samples", "", ""});
  CHECK(exit_code_of(std::vector<Finding>{}) == ExitCode::ok);
  CHECK(exit_code_of(std::vector<Finding>{good}) == ExitCode::ok);
  CHECK(exit_code_of(std::vector<Finding>{good, silent, empty}) == ExitCode::unreachable);
  CHECK(exit_code_of(std::vector<Finding>{good, empty}) == ExitCode::blocked);
  const Finding shut = not_seen("x", {FailureKind::refused, "wrong password", "", "28P01"});
  CHECK(exit_code_of(std::vector<Finding>{silent, shut, empty}) == ExitCode::credentials);
  CHECK(exit_code_of(std::vector<Finding>{silent, bad}) == ExitCode::blocked);
}

TEST_CASE("exit codes: a run as its journal tells it", "[cli]") {
  RunState state;
  const auto code = [&](Phase phase) {
    state.phase = phase;
    return static_cast<int>(exit_code_of(state));
  };
  CHECK(code(Phase::committed) == 0);
  CHECK(code(Phase::rolled_back) == 20);
  CHECK(code(Phase::parked) == 21);
  CHECK(code(Phase::held) == 22);
  CHECK(code(Phase::forward) == 22);
  CHECK(code(Phase::rolling_back) == 22);
  state.outcome = "abandoned";
  CHECK(code(Phase::rolled_back) == 0);
  state.outcome.clear();
  state.undoes = "prod-1";
  CHECK(code(Phase::rolled_back) == 0);
}

TEST_CASE("exit codes: the manual page says the same", "[cli]") {
  const auto page = read_file(std::string(OSTLER_SOURCE_DIR) + "/man/ostler-exit-codes.7.scd");
  REQUIRE(page.ok());
  std::set<std::string> documented;
  const std::regex row(R"(\*(\d+)\* ([a-z_]+)\n)");
  std::string text = *page;
  text.erase(std::remove(text.begin(), text.end(), '\\'), text.end());
  for (std::sregex_iterator at(text.begin(), text.end(), row), end; at != end; ++at)
    documented.insert((*at)[1].str() + " " + (*at)[2].str());
  std::set<std::string> coded;
  for (const ExitCodeMeaning& entry : exit_codes()) {
    coded.insert(fmt::format("{} {}", static_cast<int>(entry.code), entry.name));
    INFO(entry.meaning);
    CHECK(text.find(entry.meaning) != std::string::npos);
  }
  CHECK(documented == coded);
}
