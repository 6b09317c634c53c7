// Numbers, bars and digests for people.
#include "ostler/view/values.hpp"

#include "ostler/base/text.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace ostler;

TEST_CASE("values: by unit; nothing and nonsense are no data", "[view]") {
  CHECK(format_value(0.0213, "ratio") == "2.13 %");
  CHECK(format_value(0.312, "seconds") == "312ms");
  CHECK(format_value(17.5, "number") == "17.5");
  CHECK(format_value(std::nullopt, "ratio") == "no data");
  CHECK(format_value(std::numeric_limits<double>::quiet_NaN(), "ratio") == "no data");
  CHECK(format_value(std::numeric_limits<double>::infinity(), "seconds") == "no data");
}

TEST_CASE("sparkline: newest values, against the limit", "[view]") {
  CHECK(sparkline({}, 1.0, 8, Charset::utf8).empty());
  CHECK(sparkline({0, 0.5, 1}, 1.0, 8, Charset::utf8) == "▁▅█");
  CHECK(sparkline({0, 0.5, 1}, 2.0, 2, Charset::utf8) == "▃▅");
  CHECK(sparkline({0, 0}, std::nullopt, 8, Charset::ascii) == "__");
}

TEST_CASE("digests are cut to what people compare", "[view]") {
  CHECK(short_digest("sha256:3f9a2c1b04de99") == "3f9a2c1b04de");
  CHECK(short_reference("prod/odoo:2", {}) == "prod/odoo:2");
  CHECK(short_reference("prod/odoo@sha256:3f9a2c1b04de99", {}) == "prod/odoo@sha256:3f9a2c1b04de~");
  const std::string whole = "sha256:" + std::string(64, 'a');
  CHECK(short_digests("from " + whole + ", " + whole, {}) ==
        "from sha256:aaaaaaaaaaaa~, sha256:aaaaaaaaaaaa~");
  CHECK(short_digests("sha256:abc is none", {}) == "sha256:abc is none");
  CHECK(counted(1, "step") == "1 step");
  CHECK(counted(0, "step") == "0 steps");
}
