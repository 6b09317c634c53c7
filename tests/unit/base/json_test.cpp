// Foreign JSON is bounded before a tree exists.
#include "ostler/base/json.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

TEST_CASE("depth is refused while parsing, whatever the library would accept") {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  const auto parsed = parse_json(deep, "test");
  REQUIRE_FALSE(parsed);
  CHECK(parsed.failure().message == "test: nested deeper than 64 levels");
  CHECK(parse_json(std::string(64, '[') + std::string(64, ']'), "test").ok());
  CHECK_FALSE(parse_json(std::string(65, '[') + std::string(65, ']'), "test").ok());
}

TEST_CASE("duplicate members, trailing text and size are refused") {
  CHECK_FALSE(parse_json(R"({"a":1,"a":2})", "test"));
  CHECK(parse_json(R"({"a":{"b":1},"c":{"b":2}})", "test"));
  CHECK(parse_json(R"([{"a":1},[{"a":2}],"x"])", "test").value() ==
        Json::array({{{"a", 1}}, Json::array({{{"a", 2}}}), "x"}));
  CHECK(parse_json("[1e999]", "test").failure().code == "bad-json");
  CHECK_FALSE(parse_json("{} x", "test"));
  CHECK_FALSE(parse_json("", "test"));
  CHECK_FALSE(parse_json("[1,2,3]", "test", {3, 64}));
}

TEST_CASE("members are read without exceptions") {
  const Json value = parse_json(R"({"a":{"b/c":[{"d":7}]},"t":"x","f":true})", "test").value();
  CHECK(number_at(value, "/a/b~1c/0/d") == 7);
  CHECK(number_at(value, "/a/b~1c/9/d", -1) == -1);
  CHECK(number_at(value, "/a/b~1c/-0/d", -1) == -1);
  CHECK(number_at(value, "/a/b~1c//d", -1) == -1);
  CHECK(text_at(value, "/t") == "x");
  CHECK(text_at(value, "/a", "none") == "none");
  CHECK(flag_at(value, "/f"));
  CHECK(value_at(value, "/missing").is_null());
}

TEST_CASE("the same value always gives the same bytes") {
  CHECK(to_bytes(Json{{"b", 1}, {"a", 2}}) == R"({"a":2,"b":1})");
  CHECK(to_bytes(Json("\xff")) == "\"\xEF\xBF\xBD\"");
}
