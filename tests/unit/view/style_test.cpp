// Colours, signs, widths: decided by plain rules, the same on every machine.
#include "ostler/view/style.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

Variables from(std::map<std::string, std::string> values) {
  return [values](const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

Colouring automatic(std::map<std::string, std::string> values, Device device = Device::terminal) {
  return decide_colouring(ColourChoice::automatic, from(std::move(values)), device);
}

}  // namespace

TEST_CASE("colour: the order of what decides", "[view]") {
  CHECK(automatic({}) == Colouring::on);
  CHECK(automatic({}, Device::other) == Colouring::off);
  CHECK(automatic({{"TERM", "dumb"}}) == Colouring::off);
  CHECK(automatic({{"CLICOLOR", "0"}}) == Colouring::off);
  CHECK(automatic({{"FORCE_COLOR", "1"}, {"CLICOLOR", "0"}}, Device::other) == Colouring::on);
  CHECK(automatic({{"CLICOLOR_FORCE", "0"}}, Device::other) == Colouring::off);
  CHECK(automatic({{"NO_COLOR", "1"}, {"FORCE_COLOR", "1"}}) == Colouring::off);
  CHECK(automatic({{"NO_COLOR", ""}}) == Colouring::on);
  CHECK(automatic({{"GITHUB_ACTIONS", "true"}}, Device::other) == Colouring::on);
  CHECK(decide_colouring(ColourChoice::always, from({{"NO_COLOR", "1"}}), Device::other) ==
        Colouring::on);
  CHECK(decide_colouring(ColourChoice::never, from({{"FORCE_COLOR", "1"}}), Device::terminal) ==
        Colouring::off);
}

TEST_CASE("redrawing needs a terminal that can, outside CI", "[view]") {
  CHECK(may_redraw(from({}), Device::terminal));
  CHECK_FALSE(may_redraw(from({}), Device::other));
  CHECK_FALSE(may_redraw(from({{"CI", "true"}}), Device::terminal));
  CHECK(may_redraw(from({{"CI", "false"}}), Device::terminal));
  CHECK_FALSE(may_redraw(from({{"OSTLER_ACCESSIBLE", "1"}}), Device::terminal));
}

TEST_CASE("the character set follows the locale", "[view]") {
  CHECK(decide_charset(from({{"LANG", "en_GB.UTF-8"}})) == Charset::utf8);
  CHECK(decide_charset(from({{"LANG", "en_GB.UTF-8"}, {"LC_ALL", "C"}})) == Charset::ascii);
  CHECK(decide_charset(from({{"LANG", "C.utf8"}, {"OSTLER_ASCII", "1"}})) == Charset::ascii);
  CHECK(decide_charset(from({})) == Charset::ascii);
}

TEST_CASE("every sign has a word, and no colour without leave", "[view]") {
  Style style;
  CHECK(style.glyph(Glyph::failed) == "FAIL");
  style.charset = Charset::utf8;
  CHECK(style.glyph(Glyph::failed) == "✖");
  style.colouring = Colouring::on;
  CHECK(style.glyph(Glyph::failed) == "\x1b[31m✖\x1b[0m");
  CHECK(display_width(style.glyph(Glyph::failed)) == 1);
}

TEST_CASE("width: colours take none, wide characters two", "[view]") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("\x1b[31mabc\x1b[0m") == 3);
  CHECK(display_width("é→✔") == 3);
  CHECK(display_width("日本") == 4);
  CHECK(display_width("e\xcc\x81") == 1);
  CHECK(display_width("\xff\xfe") == 2);
}

TEST_CASE("cutting ends with a mark and never goes over", "[view]") {
  CHECK(clip("abcdef", 0, Charset::utf8) == "abcdef");
  CHECK(clip("abcdef", 6, Charset::utf8) == "abcdef");
  CHECK(clip("abcdef", 4, Charset::utf8) == "abc…");
  CHECK(clip("abcdef", 4, Charset::ascii) == "abc~");
  CHECK(clip("\x1b[31mabcdef\x1b[0m", 4, Charset::ascii) == "\x1b[31mabc~\x1b[0m");
  for (int columns = 1; columns < 12; ++columns)
    CHECK(display_width(clip("日本語テキスト", columns, Charset::utf8)) <= columns);
}

TEST_CASE("wrapping breaks at spaces and indents what follows", "[view]") {
  CHECK(wrap("  found   41 s behind", 12, "    ") == "  found   41\n    s behind");
  CHECK(wrap("one two three", 0, "  ") == "one two three");
  CHECK(wrap("one two three", 8, "  ") == "one two\n  three");
}

TEST_CASE("days are told as people tell them", "[view]") {
  const WallTime now = *parse_utc("2026-11-24T12:00:00Z");
  CHECK(format_day(*parse_utc("2026-11-24T11:02:00Z"), now, Zone::utc) == "today 11:02");
  CHECK(format_day(*parse_utc("2026-11-18T14:20:00Z"), now, Zone::utc) == "18 Nov 14:20");
  CHECK(format_day(*parse_utc("2025-11-18T14:20:00Z"), now, Zone::utc) == "18 Nov 2025");
  CHECK(format_time(now, Zone::utc) == "2026-11-24 12:00:00");
}
