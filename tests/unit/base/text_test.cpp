// Durations, percentages, quoting, suggestions.
#include "ostler/base/text.hpp"

#include <catch2/catch.hpp>

using namespace ostler;
using namespace std::chrono_literals;

TEST_CASE("durations are one whole number with one unit") {
  CHECK(parse_duration("300ms") == 300ms);
  CHECK(parse_duration("5m") == 5min);
  CHECK(parse_duration("26h") == 26h);
  CHECK(parse_duration("0s") == 0s);
  for (const char* wrong :
       {"", "5", "m", "-5s", "5 s", "1.5h", "5sec", "99999999999999999999s", "5000d"})
    CHECK_FALSE(parse_duration(wrong));
}

TEST_CASE("durations are shown with the precision people need") {
  CHECK(format_duration(0ms) == "0ms");
  CHECK(format_duration(999ms) == "999ms");
  CHECK(format_duration(2190ms) == "2.1s");
  CHECK(format_duration(59999ms) == "59s");
  CHECK(format_duration(185s) == "3m 05s");
  CHECK(format_duration(2h + 10min) == "2h 10m");
  CHECK(format_duration(76h) == "3d 4h");
  CHECK(format_duration(-2s) == "-2.0s");
}

TEST_CASE("percentages are ratios") {
  CHECK(parse_percent("2%").value() == Approx(0.02));
  CHECK(parse_percent("0.5%").value() == Approx(0.005));
  for (const char* wrong : {"2", "%", "-1%", "1e3%", "2 %", "1.2.3%"})
    CHECK_FALSE(parse_percent(wrong));
}

TEST_CASE("a near miss finds what was meant, a far one nothing") {
  const std::vector<std::string> known{"timeout", "retries", "weights"};
  CHECK(nearest("timout", known) == "timeout");
  CHECK(nearest("tmieout", known) == "timeout");
  CHECK_FALSE(nearest("colour", known));
  CHECK_FALSE(nearest("xy", {"ab"}));
  CHECK_FALSE(nearest(std::string(100'000, 'x'), known));
}

TEST_CASE("a shell reads back what was quoted") {
  CHECK(shell_quoted("it's $HOME") == "'it'\\''s $HOME'");
  CHECK(url_encoded("a/b c&=ü") == "a%2Fb%20c%26%3D%C3%BC");
  CHECK(url_encoded("a/b", Slash::keep) == "a/b");
}

TEST_CASE("foreign text cannot move the cursor, hide or turn direction") {
  CHECK(sanitize("pod\x1b[2Jname") == "pod\\x1b[2Jname");
  CHECK(sanitize("a\rb\x7f\xc2\x9b") == "a\\x0db\\x7f\\x9b");
  CHECK(sanitize("abc\u202Ecba") == "abc\\u{202e}cba");
  CHECK(sanitize("one\ntwo") == "one\\ntwo");
  CHECK(sanitize("one\ntwo", Lines::keep) == "one\ntwo");
  CHECK(sanitize("Grüße €") == "Grüße €");
  CHECK(sanitize("\xff\xc0\xaf\xed\xa0\x80") == "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD");
  CHECK(sanitize(std::string(100, 'x'), Lines::escape, 10) == std::string(10, 'x') + "…");
}

TEST_CASE("splitting keeps empty parts, joining restores them") {
  CHECK(split("a,,b", ',') == std::vector<std::string>{"a", "", "b"});
  CHECK(split("", ',') == std::vector<std::string>{""});
  CHECK(join(split("a,,b", ','), ",") == "a,,b");
  CHECK(trim(" \t x y \n") == "x y");
}
