#include "systems/xml.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

TEST_CASE("elements, text, entities, comments and CDATA are read") {
  const auto read = parse_xml(
      "<?xml version='1.0'?>\n<!-- x --><s:Root a=\"1>2\" "
      "b='c'>x&lt;&#65;&#x20AC;<Empty/><In>1</In><!-- y --><![CDATA[<raw>]]></s:Root>\n",
      "answer");
  REQUIRE(read.ok());
  CHECK(read->name == "Root");
  CHECK(read->text == "x<A\xE2\x82\xAC<raw>");
  CHECK(read->text_of("In") == "1");
  CHECK(read->child("Empty") != nullptr);
  CHECK(read->child("Other") == nullptr);
}

TEST_CASE("damaged and dangerous XML is refused") {
  for (const char* text :
       {"", "text", "<a>", "<a></b>", "<a></a><b/>", "<a", "<a b></a>", "<a>&x;</a>", "<a>&#0;</a>",
        "<a>&lt</a>", "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "<a><![CDATA[</a>",
        "<a b=\"></a>"}) {
    INFO(text);
    CHECK_FALSE(parse_xml(text, "answer").ok());
  }
  std::string deep, many = "<r>";
  for (int level = 0; level < 10000; ++level) deep += "<a>";
  CHECK_FALSE(parse_xml(deep, "answer").ok());
  for (int count = 0; count < 100001; ++count) many += "<a/>";
  CHECK_FALSE(parse_xml(many + "</r>", "answer").ok());
}
