// Every mistake of the golden files gives just the complaint that stands below it, with its
// place and caret. A case is "## TITLE", the changed lines ("- old", "+ new"; a lone "-" or "+" is
// an empty line), then what is said. OSTLER_ACCEPT=1 writes what is said now into the source tree.
#include "reading.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <sstream>

using namespace ostler;

namespace {

struct Mistake {
  std::string title, from, to, expected;
  std::vector<std::string> change;  ///< the lines as they stand in the golden file
};

std::vector<Mistake> read_mistakes(const std::string& path) {
  std::ifstream stream(path);
  std::vector<Mistake> all;
  bool changing = false;
  for (std::string line; std::getline(stream, line);) {
    if (line.rfind("## ", 0) == 0) {
      all.push_back({line.substr(3), "", "", "", {}});
      changing = true;
    } else if (!all.empty() && changing && !line.empty() && (line[0] == '-' || line[0] == '+')) {
      const std::string content = line.size() > 2 ? line.substr(2) : "";
      (line[0] == '-' ? all.back().from : all.back().to) += content + "\n";
      all.back().change.push_back(line);
    } else if (!all.empty() && !line.empty()) {
      changing = false;
      all.back().expected += line + "\n";
    }
  }
  return all;
}

std::string said_about(const Mistake& mistake, const std::string& file) {
  ConfigFolder folder;
  std::string text = folder.text(file);
  const std::size_t at = text.find(mistake.from);
  REQUIRE(at != std::string::npos);
  REQUIRE((at == 0 || text[at - 1] == '\n'));
  folder.write(file, text.replace(at, mistake.from.size(), mistake.to));
  const bool read = file == "environment.yaml" ? folder.environment().has_value()
                    : file == "release.yaml"   ? folder.release().has_value()
                                               : folder.scenario().has_value();
  CHECK_FALSE(read);
  return folder.said;
}

void check_golden(const std::string& golden, const std::string& file, std::size_t at_least) {
  const std::string path = OSTLER_SOURCE_DIR "/tests/unit/config/" + golden;
  const std::vector<Mistake> mistakes = read_mistakes(path);
  CHECK(mistakes.size() >= at_least);
  const bool accept = std::getenv("OSTLER_ACCEPT") != nullptr;
  std::ostringstream accepted;
  for (const Mistake& mistake : mistakes) {
    INFO(golden << ": " << mistake.title);
    const std::string said = said_about(mistake, file);
    if (!accept) CHECK(said == mistake.expected);
    accepted << "## " << mistake.title << "\n";
    for (const std::string& line : mistake.change) accepted << line << "\n";
    accepted << said << "\n";
  }
  if (accept) {
    std::ofstream(path) << accepted.str();
    WARN("skipped: " << golden << " was rewritten");
  }
}

}  // namespace

TEST_CASE("mistakes in environment.yaml are told with place, caret and hint", "[config]") {
  check_golden("environment_mistakes.golden", "environment.yaml", 60);
}

TEST_CASE("mistakes in release.yaml are told with place, caret and hint", "[config]") {
  check_golden("release_mistakes.golden", "release.yaml", 25);
}

TEST_CASE("mistakes in a scenario are told with place, caret and hint", "[config]") {
  check_golden("scenario_mistakes.golden", "scenario.yaml", 8);
}

TEST_CASE("the files that the mistakes are made in are valid", "[config]") {
  ConfigFolder folder;
  CHECK(folder.environment().has_value());
  CHECK(folder.said == "");
  CHECK(folder.release().has_value());
  CHECK(folder.said == "");
  CHECK(folder.scenario().has_value());
  CHECK(folder.said == "");
}
