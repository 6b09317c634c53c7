// The manual pages of the files: their examples are valid, and they name every key that is
// read.
#include "reading.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace ostler;

namespace {

std::string page(const std::string& name) {
  std::ifstream stream(OSTLER_SOURCE_DIR "/man/" + name);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// The text between the first two lines of "```".
std::string example_of(const std::string& text) {
  const std::string fence = "\n```\n";
  const std::size_t begin = text.find(fence);
  REQUIRE(begin != std::string::npos);
  const std::size_t end = text.find(fence, begin + fence.size());
  REQUIRE(end != std::string::npos);
  return text.substr(begin + fence.size(), end - begin - fence.size()) + "\n";
}

/// The keys that the sources ask maps for: required("url"), optional("ca").
std::set<std::string> keys_in_sources() {
  std::set<std::string> keys;
  for (const auto& entry : std::filesystem::directory_iterator(OSTLER_SOURCE_DIR "/src/config")) {
    std::ifstream stream(entry.path());
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    for (const std::string call : {"required(\"", "optional(\""}) {
      for (std::size_t at = text.find(call); at != std::string::npos;
           at = text.find(call, at + 1)) {
        const std::size_t begin = at + call.size();
        keys.insert(text.substr(begin, text.find('"', begin) - begin));
      }
    }
  }
  return keys;
}

}  // namespace

TEST_CASE("the examples of the manual pages read cleanly", "[config]") {
  ConfigFolder folder;
  folder.write("environment.yaml", example_of(page("ostler-environment.5.scd")));
  folder.write("release.yaml", example_of(page("ostler-release.5.scd")));
  CHECK(folder.environment().has_value());
  CHECK(folder.said == "");
  CHECK(folder.release().has_value());
  CHECK(folder.said == "");
  folder.write("scenario.yaml", example_of(page("ostler-scenario.5.scd")));
  CHECK(folder.scenario().has_value());
  CHECK(folder.said == "");
}

TEST_CASE("the manual pages name every key that is read", "[config]") {
  const std::string pages = page("ostler-environment.5.scd") + page("ostler-release.5.scd") +
                            page("ostler-scenario.5.scd");
  const std::set<std::string> keys = keys_in_sources();
  CHECK(keys.size() > 50);
  for (const std::string& key : keys) {
    INFO(key);
    const bool named = pages.find("*" + key + "*") != std::string::npos ||
                       pages.find("*" + key + ":") != std::string::npos ||
                       pages.find("{ " + key + ":") != std::string::npos ||
                       pages.find(", " + key + ":") != std::string::npos;
    CHECK(named);
  }
}
