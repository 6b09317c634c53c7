// The parser: what it makes of a text, its limits, and texts that were made to break it.
#include "config/yaml.hpp"

#include "config/characters.hpp"
#include "reading.hpp"

#include <catch2/catch.hpp>

#include <chrono>

using namespace ostler;

namespace {

std::string repeated(const std::string& piece, int times) {
  std::string text;
  for (int index = 0; index < times; ++index) text += piece;
  return text;
}

std::string staircase(const std::string& line, int steps) {
  std::string text;
  for (int index = 0; index < steps; ++index)
    text += std::string(static_cast<std::size_t>(index), ' ') + line + "\n";
  return text;
}

std::string described(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::null) return "~";
  if (node.is_scalar()) return node.is_plain() ? node.text : "\"" + node.text + "\"";
  std::string text;
  for (std::size_t index = 0; index < node.items.size(); ++index) {
    if (index > 0) text += ", ";
    if (node.is_map()) text += described(node.keys[index]) + ": ";
    text += described(node.items[index]);
  }
  return node.is_map() ? "{" + text + "}" : "[" + text + "]";
}

struct Parsed {
  std::string tree;         ///< empty when refused
  std::string first_error;  ///< "LINE:COLUMN MESSAGE"
  std::size_t errors = 0;
};

Parsed parse(const std::string& bytes, const YamlLimits& limits = {}) {
  Parsed parsed;
  Diagnostics diagnostics;
  {
    const PreparedText prepared = prepare_text(bytes);
    const Source source("f", prepared.text);
    Report report(source, diagnostics);
    if (check_characters(prepared, report)) {
      if (const auto root = parse_yaml(report, limits)) parsed.tree = described(*root);
    }
  }
  parsed.errors = diagnostics.sorted().size();
  if (parsed.errors > 0) {
    const Diagnostic& first = diagnostics.sorted()[0];
    parsed.first_error = std::to_string(first.place.line) + ":" +
                         std::to_string(first.place.column) + " " + first.message;
  }
  return parsed;
}

}  // namespace

TEST_CASE("the parser keeps what is text as text and knows what was quoted", "[config]") {
  CHECK(parse("a: no\nb: 010\nc: 'x'\nd: \"y\"\n").tree == "{a: no, b: 010, c: \"x\", d: \"y\"}");
  CHECK(parse("a: |\n  one\n  two\nb: >-\n  one\n  two\n").tree ==
        "{a: \"one\ntwo\n\", b: \"one two\"}");
  CHECK(parse("a: [ 1, { b: c } ]\nd:\n- e\n- f: g\n  h: i\n").tree ==
        "{a: [1, {b: c}], d: [e, {f: g, h: i}]}");
  CHECK(parse("a:\nb: ~\nc: null\nd: [ ~, x ]\n").tree == "{a: ~, b: ~, c: ~, d: [~, x]}");
  CHECK(parse("---\na: b\n...\n").tree == "{a: b}");
  CHECK(parse("a: x # comment\n# comment\n").tree == "{a: x}");
  CHECK(parse("a: staging/retail/odoo:2\n").tree == "{a: staging/retail/odoo:2}");
}

TEST_CASE("places count from 1 and widths fit what is written", "[config]") {
  Diagnostics diagnostics;
  const Source source(
      "f", "a: some text # no\nb:\n  - 'quoted'\n  - >-\n    folded\n    text\nc: two\n  lines\n");
  Report report(source, diagnostics);
  const auto parsed = parse_yaml(report);
  REQUIRE(parsed);
  const auto span = [](const YamlNode& node) {
    return std::to_string(node.span.line) + ":" + std::to_string(node.span.column) + "+" +
           std::to_string(node.span.width);
  };
  const YamlNode& root = *parsed;
  CHECK(span(root.keys[0]) == "1:1+1");
  CHECK(span(root.items[0]) == "1:4+9");
  CHECK(span(root.items[1].items[0]) == "3:5+8");
  CHECK(span(root.items[1].items[1]) == "4:5+2");
  CHECK(span(root.items[2]) == "7:4+3");
}

TEST_CASE("what makes YAML surprising is refused at its place", "[config]") {
  CHECK(parse("a: &x 1\n").first_error == "1:4 anchors are not allowed");
  CHECK(parse("a: *x\n").first_error == "1:4 aliases are not allowed");
  CHECK(parse("a: !!int 1\n").first_error == "1:4 tags are not allowed");
  CHECK(parse("a: !local {}\n").first_error == "1:4 tags are not allowed");
  CHECK(parse("a: ! b\n").first_error == "1:4 tags are not allowed");
  CHECK(parse("<<: {}\n").first_error == "1:1 merge keys are not allowed");
  CHECK(parse("a: 1\n\"a\": 2\n").first_error == "2:1 duplicate key 'a'");
  CHECK(parse("a: { b: 1, c: 2, b: 3 }\n").first_error == "1:18 duplicate key 'b'");
  CHECK(parse("? [ a ]\n: b\n").first_error == "1:3 a key must be plain text");
  CHECK(parse(": b\n").first_error == "1:1 a key is missing here");
  CHECK(parse("a: 1\n---\nb: 2\n").first_error == "2:1 a second document begins here");
  CHECK(parse("  a: 1\nb: 2\n").first_error ==
        "2:1 this text stands behind the end of the document");
  CHECK(parse("%TAG ! x\n---\na: 1\n").first_error == "1:1 directives are not allowed");
}

TEST_CASE("quotes without an end are refused, which yaml-cpp lets pass at the end of a line",
          "[config]") {
  CHECK(parse("a: \"x").first_error == "1:4 the quote that begins here is never closed");
  CHECK(parse("a: \"x\n").first_error == "1:4 the quote that begins here is never closed");
  CHECK(parse("a: 'x\n\n").first_error == "1:4 the quote that begins here is never closed");
  CHECK(parse("a: 'b'\nc: [ 'd', 'e ]\n").first_error ==
        "2:11 the quote that begins here is never closed");
  CHECK(parse("a: 'it''s'\n").tree == "{a: \"it's\"}");
  CHECK(parse("a: \"\\\"\"\n").tree == "{a: \"\"\"}");
}

TEST_CASE("empty files and odd bytes get a clear answer", "[config]") {
  CHECK(parse("").first_error == "0:0 the file is empty");
  CHECK(parse("\n  \n").first_error == "0:0 the file is empty");
  CHECK(parse("# a\n\n# b\n").first_error == "0:0 the file has only comments");
  CHECK(parse("\xEF\xBB\xBF"
              "a: b\n")
            .first_error == "1:1 the file begins with a byte order mark");
  CHECK(parse("# c\na: b\r\n").first_error == "2:5 the lines end in CR LF, as on Windows");
  CHECK(parse("a: b\rc: d\n").first_error == "1:5 the control character 0x0d is not allowed");
  CHECK(parse(std::string("a: b\0\n", 6)).first_error ==
        "1:5 the control character 0x00 is not allowed");
  CHECK(parse("a: b\n\x04\nc: d\n").first_error == "2:1 the control character 0x04 is not allowed");
  CHECK(parse("a: \xC3\x28\n").first_error == "1:4 the byte 0xc3 is not valid UTF-8");
  CHECK(parse("a: \xC0\x80\n").first_error == "1:4 the byte 0xc0 is not valid UTF-8");
  CHECK(parse("a: \xED\xA0\x80\n").first_error == "1:4 the byte 0xed is not valid UTF-8");
  CHECK(parse("a: b\xE2\x80\x8B\n").first_error ==
        "1:5 the invisible character U+200B is not allowed");
  CHECK(parse("a: x\xE2\x80\xAEy\n").first_error ==
        "1:5 the invisible character U+202E is not allowed");
  CHECK(parse("a:\n\tb: c\n").first_error == "2:1 a tab stands in the indentation");
  CHECK(parse("a:\n  \tb: c\n").first_error == "2:3 a tab stands in the indentation");
  CHECK(parse("a: |\n  x\n  \ty\n").tree == "{a: \"x\n\ty\n\"}");
  CHECK(parse("ä: ö\n").tree == "{ä: ö}");
}

TEST_CASE("nesting up to the limit is read, one level more is refused", "[config]") {
  CHECK(parse(repeated("[ a, ", 64) + repeated("]", 64)).errors == 0);
  CHECK(parse(repeated("[ a, ", 65) + repeated("]", 65)).first_error ==
        "1:321 the nesting is deeper than 64 levels");
  CHECK(parse(staircase("a:", 64)).errors == 0);
  CHECK(parse(staircase("a:", 65)).first_error == "65:65 the nesting is deeper than 64 levels");
}

TEST_CASE("as many values as the limit are read, one more is refused", "[config]") {
  CHECK(parse("[ a, b ]", {64, 3}).errors == 0);
  CHECK(parse("[ a, b, c ]", {64, 3}).first_error == "1:9 the file has more than 3 values");
  CHECK(parse(repeated("- a\n", 99999)).errors == 0);
  CHECK(parse(repeated("- a\n", 100000)).first_error ==
        "100000:3 the file has more than 100000 values");
}

TEST_CASE("texts made to break a parser are refused soon", "[config]") {
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string piece :
       {"[",    "{",       "- ",     "? ", "[a: ", "{a: ", ": ",    "[? ",  "[[],",
        "!a ",  "&a ",     "*a ",    "\"", "'",    "a: ",  "- [",   "? - ", "--- ",
        "%a\n", "{\"a\":", "a: b\n", "\\", "|\n",  ">",    "a:\n ", "#",    ","}) {
    INFO(piece);
    for (const std::string before : {"", "a: ", "- "}) {
      const Parsed parsed = parse(before + repeated(piece, 10000));
      CHECK(parsed.errors + parsed.tree.size() > 0);
    }
  }
  CHECK(parse(repeated("[", 1000000)).errors == 1);
  CHECK(parse(staircase("a:", 1400)).errors == 1);
  CHECK(parse(staircase("-", 1400)).errors == 1);
  CHECK(parse("{" + repeated("a: b, ", 40000) + "}").errors == 100);
  // A guard against quadratic or exponential time, not a measurement: all of this takes about two
  // seconds.
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(60));
}

TEST_CASE("files of 10 MB are refused before they are parsed", "[config]") {
  ConfigFolder folder;
  folder.write("environment.yaml",
               folder.text("environment.yaml") + repeated("# padding\n", 1000000));
  CHECK_FALSE(folder.environment());
  CHECK(folder.said ==
        "environment.yaml: error: the file is larger than 1 MiB\n"
        "hint: The environment file needs a few KiB; is this the right one?\n");
  folder.write("release.yaml", repeated("[", 10000000));
  CHECK_FALSE(folder.release());
  CHECK(folder.said.find("larger than 1 MiB") != std::string::npos);
}

TEST_CASE("a file of mistakes is told about in bounded space", "[config]") {
  ConfigFolder folder;
  folder.write("environment.yaml", "waves: [" + repeated("{},", 90000) + "]\n");
  CHECK_FALSE(folder.environment());
  CHECK(folder.said.size() < 100000);
  CHECK(folder.said.find("further mistakes behind the first 100 are not listed") !=
        std::string::npos);
}

TEST_CASE("a file cut or changed at any byte is read or refused, and never crashes", "[config]") {
  ConfigFolder folder;
  const std::string environment = folder.text("environment.yaml");
  for (std::size_t length = 0; length <= environment.size(); ++length) {
    folder.write("environment.yaml", environment.substr(0, length));
    INFO(length);
    const bool read = folder.environment().has_value();
    CHECK(read == folder.said.empty());
  }
  folder.write("environment.yaml", environment);
  const std::string release = folder.text("release.yaml");
  for (std::size_t length = 0; length <= release.size(); ++length) {
    folder.write("release.yaml", release.substr(0, length));
    INFO(length);
    const bool read = folder.release().has_value();
    CHECK(read == folder.said.empty());
  }
  const std::string replacements = "[]{}:-?&*!|>'\"%@#, \n\t\\0~<=";
  for (std::size_t at = 0; at < environment.size(); ++at) {
    std::string changed = environment;
    changed[at] = replacements[at % replacements.size()];
    folder.write("environment.yaml", changed);
    INFO(at);
    const bool read = folder.environment().has_value();
    CHECK(read == folder.said.empty());
  }
}
