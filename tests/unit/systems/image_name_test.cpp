#include "systems/image_name.hpp"

#include "ostler/systems/registry.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

TEST_CASE("image names are read and written") {
  const std::string digest = "sha256:" + std::string(64, 'a');
  const std::vector<std::string> names{"staging/retail/odoo:2", "production/retail/odoo@" + digest,
                                       "staging/odoo", "staging/a/b/c:v1.0_x@" + digest};
  for (const std::string& text : names) {
    const auto read = parse_image_name(text);
    REQUIRE(read.ok());
    CHECK(read->text() == text);
  }
  CHECK(parse_image_name("staging/retail/odoo:2")->repository == "retail/odoo");
}

TEST_CASE("names outside the grammar are refused") {
  for (const char* text :
       {"", "odoo", "/odoo", "staging/", "staging/Odoo", "staging/odoo:", "staging/odoo:-x",
        "staging/odoo@sha256:12", "staging/odoo@sha512:12", "staging/a//b", "staging/a..b",
        "staging/a___b", "staging/-a", "staging/a-", "staging/odoo:a b"}) {
    INFO(text);
    CHECK_FALSE(parse_image_name(text).ok());
  }
  CHECK(is_repository_name("a--b/c__d/e.f"));
  CHECK_FALSE(is_digest("sha256:" + std::string(64, 'A')));
  CHECK_FALSE(is_tag(std::string(129, 'a')));
}
