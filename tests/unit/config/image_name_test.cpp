// Image names against the grammar of the OCI distribution specification.
#include "config/image_name.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

const std::string digest = "sha256:" + std::string(64, 'a');

}  // namespace

TEST_CASE("image names are split into their parts", "[config]") {
  const auto parts = [](const std::string& text) {
    const ImageNameAnswer answer = split_image_name(text);
    CHECK(answer.trouble == "");
    return answer.parts.registry + "|" + answer.parts.repository + "|" + answer.parts.tag + "|" +
           answer.parts.digest;
  };
  CHECK(parts("staging/retail/odoo:2") == "staging|retail/odoo|2|");
  CHECK(parts("staging/odoo") == "staging|odoo||");
  CHECK(parts("staging/odoo@" + digest) == "staging|odoo||" + digest);
  CHECK(parts("staging/a.b/c_d/e__f/g--h:V1.2_x-y@" + digest) ==
        "staging|a.b/c_d/e__f/g--h|V1.2_x-y|" + digest);
}

TEST_CASE("what is no image name is refused", "[config]") {
  for (const std::string text :
       {"", "odoo", "/odoo", "staging/", "staging//odoo", "staging/Odoo",
        "staging/odoo:", "staging/odoo:-x", "staging/odoo:a b", "staging/odoo@",
        "staging/odoo@sha256:abc", "staging/odoo@md5:aa", "staging/a..b", "staging/a___b",
        "staging/-a", "staging/a_", "staging/a:b/c", "staging/odoo@@"}) {
    INFO(text);
    CHECK(split_image_name(text).trouble != "");
  }
  CHECK(split_image_name("staging/odoo:" + std::string(128, 'x')).trouble == "");
  CHECK(split_image_name("staging/odoo:" + std::string(129, 'x')).trouble != "");
  CHECK(split_image_name("staging/" + std::string(256, 'x')).trouble != "");
  CHECK(split_image_name("staging/odoo@sha256:" + std::string(64, 'A')).trouble != "");
}
