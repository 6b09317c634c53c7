// What a user sees for a mistake in a file.
#include "ostler/base/diagnostic.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

TEST_CASE("place, message, source line, caret and hints") {
  CHECK(render({Severity::error,
                {"release.yaml", 12, 9},
                "unknown key 'timout'",
                "        timout: 30s",
                6,
                {"Did you mean 'timeout'?"}}) ==
        "release.yaml:12:9: error: unknown key 'timout'\n"
        "   12 |         timout: 30s\n"
        "      |         ^~~~~~\n"
        "hint: Did you mean 'timeout'?\n");
}

TEST_CASE("a caret never leaves the line and escapes never reach the terminal") {
  CHECK(render({Severity::warning, {"a.yaml", 1, 3}, "x", "k: \x1b[2J", 99, {}}) ==
        "a.yaml:1:3: warning: x\n    1 | k: \\x1b[2J\n      |   ^~~~~~~~\n");
}

TEST_CASE("long lines are cut around the place") {
  const std::string text =
      render({Severity::error, {"a.yaml", 1, 500}, "x", std::string(1000, 'y'), 1, {}});
  CHECK(text.size() < 400);
  CHECK(text.find('^') != std::string::npos);
}

TEST_CASE("diagnostics come in the order of the file") {
  Diagnostics diagnostics;
  diagnostics.add({Severity::warning, {"a.yaml", 9, 1}, "later", "", 1, {}});
  CHECK_FALSE(diagnostics.has_errors());
  diagnostics.add({Severity::error, {"a.yaml", 2, 1}, "sooner", "", 1, {}});
  CHECK(diagnostics.has_errors());
  CHECK(diagnostics.sorted().front().message == "sooner");
}
