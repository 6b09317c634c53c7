#include "systems/registry_manifest.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/json.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

const std::string digest = "sha256:" + std::string(64, 'a');
constexpr const char* oci_image = "application/vnd.oci.image.manifest.v1+json";

Json image() {
  return {{"schemaVersion", 2},
          {"mediaType", oci_image},
          {"config", {{"mediaType", "c"}, {"digest", digest}, {"size", 2}}},
          {"layers", Json::array({{{"mediaType", "l"}, {"digest", digest}, {"size", 3}}})}};
}

}  // namespace

TEST_CASE("an image keeps its bytes and their digest") {
  const std::string bytes = image().dump(2);
  const auto read =
      parse_manifest(bytes, "application/vnd.oci.image.manifest.v1+json; charset=utf-8");
  REQUIRE(read.ok());
  CHECK(read->bytes == bytes);
  CHECK(read->descriptor.digest == "sha256:" + sha256_hex(bytes));
  CHECK(read->descriptor.size == bytes.size());
  CHECK(read->config->size == 2);
}

TEST_CASE("the type may stand in the answer alone, but must not contradict") {
  Json body = image();
  body.erase("mediaType");
  CHECK(parse_manifest(body.dump(), oci_image).ok());
  CHECK(parse_manifest(body.dump(), "application/json").failure().message.find("not supported") !=
        std::string::npos);
  CHECK_FALSE(parse_manifest(image().dump(), "application/vnd.oci.image.index.v1+json").ok());
}

TEST_CASE("docker's lists and their platforms are read") {
  const Json body{
      {"schemaVersion", 2},
      {"mediaType", "application/vnd.docker.distribution.manifest.list.v2+json"},
      {"manifests",
       Json::array(
           {{{"mediaType", "m"},
             {"digest", digest},
             {"size", 5},
             {"platform", {{"os", "linux"}, {"architecture", "arm"}, {"variant", "v7"}}}}})}};
  const auto read = parse_manifest(body.dump(), "");
  REQUIRE(read.ok());
  CHECK(read->manifests[0].platform == "linux/arm/v7");
}

TEST_CASE("what is damaged or beyond the caps is refused") {
  const auto refused = [](const Json& body) { return !parse_manifest(body.dump(), "").ok(); };
  Json schema1{{"schemaVersion", 1},
               {"mediaType", "application/vnd.docker.distribution.manifest.v1+prettyjws"}};
  CHECK(refused(schema1));
  Json body = image();
  body["config"]["digest"] = "sha256:12";
  CHECK(refused(body));
  body = image();
  body["layers"][0]["size"] = -1;
  CHECK(refused(body));
  body = image();
  body.erase("layers");
  CHECK(refused(body));
  body = image();
  for (int count = 0; count < 1000; ++count) body["layers"].push_back(body["layers"][0]);
  CHECK(refused(body));
  CHECK(refused(Json::array()));
}
