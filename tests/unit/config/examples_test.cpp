// Every file below examples/ reads cleanly, the releases against the environment beside them.
#include "reading.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

using namespace ostler;

namespace {

std::string rendered(Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& one : diagnostics.sorted()) text += render(one);
  return text;
}

}  // namespace

TEST_CASE("every file below examples/ reads cleanly", "[config]") {
  int environments = 0, releases = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(OSTLER_SOURCE_DIR "/examples")) {
    const std::filesystem::path path = entry.path();
    if (path.extension() != ".yaml" || path.string().find("/scenarios/") != std::string::npos)
      continue;
    INFO(path.string());
    Diagnostics diagnostics;
    if (path.filename() == "environment.yaml") {
      ++environments;
      CHECK(read_environment(path.string(), diagnostics).has_value());
    } else {
      ++releases;
      // The lab's releases share the environment above their folders.
      std::filesystem::path beside = path.parent_path() / "environment.yaml";
      if (!std::filesystem::exists(beside))
        beside = path.parent_path().parent_path() / "environment.yaml";
      const std::optional<Environment> environment = read_environment(beside.string(), diagnostics);
      CHECK(read_release(path.string(), environment ? &*environment : nullptr, diagnostics)
                .has_value());
    }
    CHECK(rendered(diagnostics) == "");
  }
  CHECK(environments > 0);
  CHECK(releases > 0);
}

TEST_CASE("every scenario below examples/ reads cleanly and is named after its file", "[config]") {
  int scenarios = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(OSTLER_SOURCE_DIR) +
                                                               "/examples/lab/scenarios")) {
    INFO(entry.path().string());
    ++scenarios;
    Diagnostics diagnostics;
    const auto scenario = read_scenario(entry.path().string(), diagnostics);
    CHECK(rendered(diagnostics) == "");
    REQUIRE(scenario.has_value());
    CHECK(scenario->name == entry.path().stem().string());
  }
  CHECK(scenarios > 0);
}
