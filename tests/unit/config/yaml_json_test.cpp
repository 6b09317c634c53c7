#include "ostler/config/yaml_json.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

Json read(std::string_view text) {
  Result<Json> value = yaml_to_json(text, "kubeconfig x");
  INFO(text);
  REQUIRE(value.ok());
  return *value;
}

std::string refusal(std::string_view text) {
  const Result<Json> value = yaml_to_json(text, "kubeconfig x");
  INFO(text.substr(0, 80));
  REQUIRE_FALSE(value.ok());
  return value.failure().message;
}

}  // namespace

TEST_CASE("a document becomes JSON by the core schema", "[yaml]") {
  CHECK(read("a: 1\nb: [x, 2.5, true, null, ~]\nc: {d: '1'}\n") ==
        Json::parse(R"({"a":1,"b":["x",2.5,true,null,null],"c":{"d":"1"}})"));
  CHECK(read("a: no\nb: 0755\nc: 0x1f\nd: -3\ne: 1e3\nf: 1.2.3\ng: \"true\"\nh: 12:30\n") ==
        Json::parse(
            R"({"a":"no","b":755,"c":31,"d":-3,"e":1000.0,"f":"1.2.3","g":"true","h":"12:30"})"));
  CHECK(read(R"({"json": ["is", "YAML"]})") == Json::parse(R"({"json":["is","YAML"]})"));
  CHECK(read("a: |\n  one\n  two\n")["a"] == "one\ntwo\n");
  CHECK(read("2: x\n") == Json::parse(R"({"2":"x"})"));
  CHECK(read("a: !!str 5\n")["a"] == "5");
  CHECK(read("").is_null());
}

TEST_CASE("what could hurt or mislead is refused with its line", "[yaml]") {
  CHECK(refusal("a: &x 1\nb: *x\n") == "kubeconfig x, line 2: an alias is not allowed here");
  CHECK(refusal("a: 1\na: 2\n") == "kubeconfig x, line 2: the key 'a' is there twice");
  CHECK(refusal("a: !evil 1\n").find("the tag '!evil' is not allowed") != std::string::npos);
  CHECK(refusal("[1]: 2\n").find("a key must be a text") != std::string::npos);
  CHECK(refusal("a: 1\n---\nb: 2\n") == "kubeconfig x holds a second document");
  CHECK(refusal("a: [1\n").find("kubeconfig x, line") == 0);
  CHECK(refusal(std::string(2u << 20, 'a')).find("longer than") != std::string::npos);
}

TEST_CASE("depth and number of values are bounded", "[yaml]") {
  // Far beyond, the parser gives up by itself before it tells us anything.
  CHECK(refusal(std::string(10'000, '[')).find("kubeconfig x, line") == 0);
  CHECK(refusal(std::string(100, '[') + std::string(100, ']')).find("nested deeper than 64") !=
        std::string::npos);
  std::string deep;
  for (int level = 0; level < 200; ++level) deep += std::string(level, ' ') + "a:\n";
  CHECK(refusal(deep).find("nested deeper than 64") != std::string::npos);
  std::string many = "[";
  for (int value = 0; value < 200'000; ++value) many += "1,";
  CHECK(refusal(many + "1]").find("more than 100000 values") != std::string::npos);
}
