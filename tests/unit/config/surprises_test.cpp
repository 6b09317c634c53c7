// Which unquoted texts a YAML reader takes for something else.
#include "config/surprises.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

TEST_CASE("texts that YAML readers take for something else are known", "[config]") {
  const auto meaning = [](const char* text) { return surprising_meaning(text).value_or("text"); };
  for (const char* text : {"yes", "No", "ON", "off", "true", "FALSE", "y", "N"})
    CHECK(meaning(text) == "true or false");
  for (const char* text : {"", "~", "null", "NULL"}) CHECK(meaning(text) == "no value");
  CHECK(meaning("7") == "the number 7");
  CHECK(meaning("-7") == "the number -7");
  CHECK(meaning("010") == "the octal number 8");
  CHECK(meaning("0o10") == "the octal number 8");
  CHECK(meaning("0x1f") == "the hexadecimal number 31");
  CHECK(meaning("0b101") == "the binary number 5");
  CHECK(meaning("1_000") == "the number 1000");
  CHECK(meaning("2026.10") == "the number 2026.1");
  CHECK(meaning("1e3") == "the number 1000");
  CHECK(meaning(".5") == "the number 0.5");
  CHECK(meaning("-.inf") == "infinity");
  CHECK(meaning(".nan") == "'not a number'");
  CHECK(meaning("12:30:00") == "a number to the base 60");
  CHECK(meaning("2026-11-02") == "a date");
  CHECK(meaning("2026-11-02T10:00:00Z") == "a date");
}

TEST_CASE("plain text stays text", "[config]") {
  for (const char* text : {"2026.11.2",
                           "staging/retail/odoo:2",
                           "shop",
                           "nobody",
                           "none",
                           "v1",
                           "1.2.3.4",
                           "10s",
                           "2%",
                           "0x",
                           "0xyz",
                           "1e",
                           "e3",
                           "12:abc",
                           "a:b",
                           "2026-11",
                           "2026-11-02-hotfix",
                           "select 1",
                           "-",
                           "--",
                           ".",
                           "05713e55-0000-4000-8000-0000c1057e12",
                           "127.0.0.1:5000",
                           "sha256:00"}) {
    INFO(text);
    CHECK(surprising_meaning(text) == std::nullopt);
  }
}
